import { isAlwaysEmpty, propertiesOf } from '../objects.ts';
import { RetrieveRefusal } from '../refusals.ts';
import type { RetrieveRequest, SoapRequest } from '../requests.ts';
import { eventTypeOf, type QueryContext, queryEvents, type ResultSet } from './event-query.ts';
import { queryRows } from './rows/row-query.ts';

/** What a query needs of the service. */
interface QueryOptions extends Pick<
  QueryContext,
  'world' | 'isBetweenInclusive' | 'pageOrder' | 'seed' | 'batchMarks'
> {
  readonly now: () => Date;
  readonly extracts: { readonly behavior: string };
}

/**
 * Runs a first request. A token sees its own business unit; only the one at the top may see all.
 */
export function runQuery(
  request: RetrieveRequest,
  soap: SoapRequest,
  accountId: number,
  { world, now, ...options }: QueryOptions,
): ResultSet {
  const { objectType, accountIds: requested } = request;
  const isTop = accountId === world.accountIds[0];
  const isScoped =
    soap.token !== undefined && requested.length > 0 && !isTop && !requested.includes(accountId);
  const children =
    requested.length > 0 && isTop ? requested.filter((id) => world.accountIds.includes(id)) : [accountId];
  const context: QueryContext = {
    world,
    accountIds: isScoped ? [] : request.isForAllAccounts && isTop ? world.accountIds : children,
    nowMs: now().getTime(),
    isBetweenInclusive: options.isBetweenInclusive,
    pageOrder: options.pageOrder,
    seed: options.seed,
    batchMarks: options.batchMarks,
    hasExtracts: options.extracts.behavior !== 'refused',
  };
  const type = eventTypeOf(objectType);
  // Marketing Cloud: its text for an account without the feature is not known.
  if (type !== undefined && world.isLacking(type))
    throw new RetrieveRefusal(`The feature ${objectType} is not enabled for this account.`);

  if (type !== undefined) return queryEvents(request, type, context);
  if (isAlwaysEmpty(objectType)) return { size: 0, render: () => '' };
  if (propertiesOf(objectType) === undefined) {
    throw new RetrieveRefusal(
      `Unable to find a handler for object type: ${objectType}. Object types are case-sensitive, check spelling.`,
    );
  }
  return queryRows(request, context);
}
