import type { Queryable } from '../store/connection/pool.ts';

// Both locks end with the transaction.
const account = `hashtextextended('sfmc-tracking rollups', $1)`;
const lane = `hashtextextended('sfmc-tracking rollups, lane ' || $2, $1)`;

/** One refresher an account, over all processes; the transaction's end frees it. */
export async function lockAccount(tx: Queryable, accountId: number, waits: boolean): Promise<boolean> {
  await prepareTransaction(tx, waits);
  const { rows } = await tx.query<{ isLocked: boolean }>(
    waits
      ? `select true as "isLocked" from pg_advisory_xact_lock(${account})`
      : `select pg_try_advisory_xact_lock(${account}) as "isLocked"`,
    [accountId],
  );
  return rows[0]?.isLocked === true;
}

/** One process a lane of an account that is being built; the lanes run side by side, and no other refresher beside them. */
export async function lockLane(
  tx: Queryable,
  { accountId, lane: number, waits }: { accountId: number; lane: number; waits: boolean },
): Promise<boolean> {
  await prepareTransaction(tx, waits);
  const { rows } = await tx.query<{ isLocked: boolean }>(
    waits
      ? `select true as "isLocked" from pg_advisory_xact_lock_shared(${account}), pg_advisory_xact_lock(${lane})`
      : `select pg_try_advisory_xact_lock_shared(${account}) and pg_try_advisory_xact_lock(${lane}) as "isLocked"`,
    [accountId, String(number)],
  );
  return rows[0]?.isLocked === true;
}

async function prepareTransaction(tx: Queryable, waits: boolean): Promise<void> {
  // What is computed can be computed again: a commit that a crash loses brings its lines back with it.
  await tx.query('set local synchronous_commit = off');
  if (waits) await tx.query('set local lock_timeout = 0');
}
