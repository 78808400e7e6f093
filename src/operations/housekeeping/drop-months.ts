import { lockAccount } from '../../bi/account-lock.ts';
import { accountsWithEvents, refreshRollups } from '../../bi/refresh.ts';
import { eventCatalog } from '../../events/catalog.ts';
import { keptFrom, type Retention } from '../../pipeline/event-bounds.ts';
import { dropMonth, listMonthsBefore, type Month, recordRetention } from '../../store/load/retention.ts';
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
  const months: Month[] = [];
  for (const { table, from } of edges) months.push(...(await listMonthsBefore(pool, table, from)));
  if (months.length === 0) return { months: 0, left: 0 };
  await refreshRollups(pool, { waits: true, signal });
  let dropped = 0;
  for (const month of months) {
    signal.throwIfAborted();
    if (await dropLocked(pool, month)) dropped += 1;
  }
  return { months: dropped, left: months.length - dropped };
}

/** No rollup is computed while the month leaves. */
function dropLocked(pool: Pool, month: Month): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    for (const accountId of await accountsWithEvents(tx)) await lockAccount(tx, accountId, true);
    // What the lock of rollups may lose in a crash is computed again; a month that is dropped is not.
    await tx.query('set local synchronous_commit = on');
    return await dropMonth(tx, month);
  });
}
