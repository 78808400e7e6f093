import type { QueryContext, ResultSet } from '../event-query.ts';
import { compileFilter, type Condition } from '../filters.ts';
import { emailRows, folderRows } from './content-rows.ts';
import { linkRows } from './link-rows.ts';
import { listSubscriberRows, subscriberRows } from './people-rows.ts';
import { propertiesOf } from '../../objects.ts';
import { compileRecord } from '../../records.ts';
import type { RetrieveRequest } from '../../requests.ts';
import { type Row, toCell, toText, type Value } from './rows.ts';
import { listSendRows, sendRow } from './send-rows.ts';
import { definitionRows, summaryRows } from './triggered-send-rows.ts';

/** Finds the jobs, triggered send definitions or business units that a request may see. */
export function queryRows(request: RetrieveRequest, context: QueryContext): ResultSet {
  const { objectType } = request;
  const render = compileRecord<Row>(objectType, request.properties, (name) => (row) => toText(row(name)));
  const filter = compileFilter(request.filter, propertiesOf(objectType) ?? [], context.isBetweenInclusive);
  // Marketing Cloud: Send with conditions on two properties returns OK and no rows, though each alone works.
  const isUnreliable = objectType === 'Send' && filter.propertyCount > 1;
  const rows = isUnreliable
    ? []
    : rowsOf(request, context, filter.required).filter((row) => filter.matches((name) => toCell(row(name))));
  const [jobId] = filter.required
    .filter(({ property, operator }) => objectType === 'Send' && property === 'ID' && operator === 'equals')
    .map(({ values }) => Number(values[0]));
  return {
    size: rows.length,
    render: (place) => {
      const row = rows[place];
      return row === undefined ? '' : render(row);
    },
    ...(jobId === undefined ? {} : { jobId }),
  };
}

function rowsOf(request: RetrieveRequest, context: QueryContext, required: readonly Condition[]): Row[] {
  const { world, accountIds } = context;
  // Counting the clicks of jobs that were not requested would take long.
  const isNaming = ({ property, operator }: Condition): boolean =>
    property === 'SendID' && (operator === 'equals' || operator === 'IN');
  const named = required.find(isNaming)?.values;
  const jobs = accountIds
    .flatMap((accountId) => world.jobs(accountId))
    .filter((job) => named === undefined || named.includes(job.jobId));
  switch (request.objectType) {
    case 'Send':
      return jobs.map((job) => sendRow(job, context));
    case 'LinkSend':
      return jobs.flatMap((job) => linkRows(job, context));
    case 'ListSend':
      return jobs.filter((job) => job.kind === 'list').flatMap((job) => listSendRows(job, context));
    case 'TriggeredSendDefinition':
      return definitionRows(jobs);
    case 'TriggeredSendSummary':
      return summaryRows(jobs, context);
    case 'ExtractDescription':
      return extractDescriptions(context);
    case 'Subscriber':
      return subscriberRows(jobs, context);
    case 'ListSubscriber':
      return listSubscriberRows(jobs, context);
    case 'Email':
      return emailRows(jobs);
    case 'DataFolder':
      return folderRows(accountIds);
    case 'BusinessUnit': {
      const [top = 0] = world.accountIds;
      // The children are listed for the account at the top, and for no other.
      const visible = accountIds.includes(top) ? world.accountIds : accountIds;
      return visible.map((accountId) => businessUnitRow(accountId, top));
    }
    default:
      return [];
  }
}

/** Marketing Cloud: the documented ids. An account for which Tracking Extracts are not enabled lists the others. */
function extractDescriptions({ hasExtracts }: QueryContext): Row[] {
  const known = [
    ['bb94a04d-9632-4623-be47-daabc3f588a6', 'Data Extension Extract'],
    ...(hasExtracts ? [['c7219016-a7f0-4c72-8657-1ec12c28a0db', 'Tracking Extract']] : []),
  ];
  return known.map(
    ([id, name]) =>
      (property) =>
        ({ ObjectID: id, Name: name })[property] ?? null,
  );
}

function businessUnitRow(accountId: number, top: number): Row {
  const name = accountId === top ? 'Example' : `Example ${accountId}`;
  const values: Readonly<Record<string, Value>> = {
    'Client.ID': accountId,
    'Client.EnterpriseID': top,
    ID: accountId,
    CustomerKey: `bu-${accountId}`,
    AccountType: accountId === top ? 'ENTERPRISE_2' : 'BUSINESS_UNIT',
    ParentID: accountId === top ? 0 : top,
    Name: name,
    FromName: name,
    BusinessName: name,
    Email: 'owner@example.com',
    IsActive: 1,
    IsTestAccount: false,
    ParentName: accountId === top ? '' : 'Example',
  };
  return (property) => values[property] ?? null;
}
