import type { QueryContext, ResultSet } from './event-query.ts';
import { compileFilter, type Condition } from './filters.ts';
import { linkRows } from './link-rows.ts';
import { propertiesOf } from '../objects.ts';
import { createRandom, randomGuid } from '../../world/random.ts';
import { compileRecord } from '../records.ts';
import type { RetrieveRequest } from '../requests.ts';
import { type Row, toCell, toText, type Value } from './rows.ts';
import type { JobTruth, SimulatedEventType } from '../../world/truth.ts';
import { countBy } from '../../world/world.ts';

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
      return jobs.filter((job) => job.kind === 'list').map((job) => listSendRow(job, context));
    case 'TriggeredSendDefinition':
      return jobs.filter((job) => job.kind === 'triggered').map(triggeredSendRow);
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

function sendRow(job: JobTruth, { world, nowMs }: QueryContext): Row {
  const sets = (type: SimulatedEventType) => world.sets(type, job.accountId, job.jobId);
  const count = (type: SimulatedEventType): number =>
    sets(type).reduce((sum, set) => sum + countBy(set, nowMs), 0);
  const unique = (type: SimulatedEventType): number =>
    sets(type).reduce((sum, set) => sum + set.subscribersBy(nowMs), 0);
  const isUnsent = job.kind === 'list' && job.sentAt === null;
  const sent = (): number | null => {
    if (job.numberSent !== undefined) return job.numberSent;
    const counted = count('sent');
    return isUnsent && counted === 0 ? null : counted;
  };
  // Marketing Cloud: Subject and EmailName come padded with spaces.
  const values: Readonly<Record<string, () => Value>> = {
    'Client.ID': () => job.accountId,
    CreatedDate: () => job.createdAt,
    ModifiedDate: () => job.modifiedAt,
    ID: () => job.jobId,
    'Email.ID': () => job.emailId,
    SendDate: () => job.scheduledAt,
    FromAddress: () => 'sender@example.com',
    FromName: () => 'Example & Sons',
    HardBounces: () => count('bounce'),
    Unsubscribes: () => unique('unsub'),
    UniqueOpens: () => unique('open'),
    UniqueClicks: () => unique('click'),
    ForwardedEmails: () => count('forward'),
    NumberErrored: () => count('not_sent'),
    NumberSent: sent,
    NumberDelivered: () => {
      const number = sent();
      return number === null ? null : number - count('bounce');
    },
    NumberTargeted: () => (sent() ?? 0) + count('not_sent'),
    Subject: () => job.subject.padEnd(60),
    EmailName: () => job.emailName.padEnd(40),
    SentDate: () => job.sentAt,
    Status: () => job.status,
    IsMultipart: () => true,
    IsAlwaysOn: () => false,
    'EmailSendDefinition.ObjectID': () =>
      job.kind === 'list' ? randomGuid(createRandom(job.accountId, job.jobId)) : null,
    'EmailSendDefinition.CustomerKey': () => (job.kind === 'list' ? `send-${job.jobId}` : null),
  };
  const counters = /^(Duplicates|Invalid|Existing|SoftB|OtherB|Missing|NumberExcluded)/;
  return (property) => values[property]?.() ?? (counters.test(property) ? 0 : null);
}

/** The counters of a job once more, under its one list. */
function listSendRow(job: JobTruth, context: QueryContext): Row {
  const send = sendRow(job, context);
  const values: Readonly<Record<string, Value>> = {
    ID: 0,
    SendID: job.jobId,
    'List.ID': job.listId,
    'List.ListName': `List ${job.listId}`,
  };
  return (property) => values[property] ?? send(property);
}

function triggeredSendRow(job: JobTruth): Row {
  const values: Readonly<Record<string, Value>> = {
    'Client.ID': job.accountId,
    TestEmailAddr: '',
    CreatedDate: job.createdAt,
    ModifiedDate: job.modifiedAt,
    ObjectID: job.triggeredSendId,
    CustomerKey: `triggered-${job.jobId}`,
    Name: job.subject,
    Description: '',
    Keyword: '',
    CategoryID: 1234,
    FromName: 'Example & Sons',
    FromAddress: 'sender@example.com',
    TriggeredSendType: 'Continuous',
    TriggeredSendStatus: job.triggeredSendStatus,
    'Email.ID': job.emailId,
    BatchInterval: 0,
    EmailSubject: job.subject,
    DynamicEmailSubject: job.subject,
    AllowedSlots: 0,
    NewSlotTrigger: 0,
  };
  const flags = /^(Is|Auto|Suppress)/;
  return (property) => values[property] ?? (flags.test(property) ? false : null);
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
