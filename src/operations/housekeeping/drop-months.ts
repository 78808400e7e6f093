import { lockAccount } from '../../bi/account-lock.ts';
import { accountsWithEvents, refreshRollups } from '../../bi/refresh.ts';
import { eventCatalog } from '../../events/catalog.ts';
import { detailColumns, typesThatLeaveWith } from '../../events/extract-details.ts';
import { keptFrom, type Retention } from '../../pipeline/event-bounds.ts';
import {
  deleteDetails,
  dropMonth,
  dropMonthOfDetails,
  listMonthsBefore,
  type Month,
  recordRetention,
} from '../../store/load/retention.ts';
import { inTransaction, type Pool } from '../../store/connection/pool.ts';

export interface RetentionDeps {
  readonly pool: Pool;
  readonly retention: Retention;
  readonly now: () => Date;
}

/**
 * Drops the months whose events are not kept any longer. Rollups outlive them: they are brought up to date first, and
 * those of the jobs concerned are not computed again. A month that changes meanwhile is left to the next call.
 */
export async function dropMonths(
  { pool, retention, now }: RetentionDeps,
  signal: AbortSignal,
): Promise<{ months: number; left: number }> {
  const at = now();
  const edges = eventCatalog.flatMap(({ name, table }) => {
    const from = keptFrom(name, at, retention);
    return from === undefined ? [] : [{ name, table, from }];
  });
  await recordRetention(pool, new Map(edges.map(({ name, from }) => [name, from])));
  await dropDetails(pool, edges, signal);
  const months: MonthOfType[] = [];
  for (const { name: eventType, table, from } of edges)
    for (const month of await listMonthsBefore(pool, table, from)) months.push({ ...month, eventType });
  if (months.length === 0) return { months: 0, left: 0 };
  await refreshRollups(pool, { waits: true, signal });
  let dropped = 0;
  for (const month of months) {
    signal.throwIfAborted();
    if (await dropLocked(pool, month)) dropped += 1;
  }
  return { months: dropped, left: months.length - dropped };
}

interface MonthOfType extends Month {
  readonly eventType: string;
}

/** Drops months of details of which no event type is kept. */
async function dropDetails(
  pool: Pool,
  edges: readonly { readonly name: string; readonly from: Date }[],
  signal: AbortSignal,
): Promise<void> {
  const types = eventCatalog.filter((definition) => Object.keys(detailColumns(definition)).length > 0);
  const ends = edges.filter((edge) => types.some(({ name }) => name === edge.name));
  if (ends.length < types.length) return;
  const keptFromAll = new Date(Math.min(...ends.map(({ from }) => from.getTime())));
  for (const month of await listMonthsBefore(pool, 'extract_details', keptFromAll)) {
    signal.throwIfAborted();
    await inTransaction(pool, (tx) => dropMonthOfDetails(tx, month));
  }
}

/** No rollup is computed while the month leaves; its details leave with it. */
function dropLocked(pool: Pool, month: MonthOfType): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    for (const accountId of await accountsWithEvents(tx)) await lockAccount(tx, accountId, true);
    // What the lock of rollups may lose in a crash is computed again; a month that is dropped is not.
    await tx.query('set local synchronous_commit = on');
    const isDropped = await dropMonth(tx, month);
    if (isDropped) await deleteDetails(tx, typesThatLeaveWith(month.eventType), month);
    return isDropped;
  });
}
