import type { Queryable } from '../store/connection/pool.ts';

// The locks end with the transaction.
const account = `hashtextextended('sfmc-tracking rollups', $1)`;
const lane = `hashtextextended('sfmc-tracking rollups, lane ' || $2, $1)`;
const people = `hashtextextended('sfmc-tracking rollups, people', $1)`;

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

/** One process a lane; the lanes run side by side, and no other refresher beside them. */
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

/**
 * One lane at a time writes people and domains, which jobs of both lanes have in common. What it reads from then on is
 * what the other lane has committed, messages and people alike.
 */
export async function lockPeople(tx: Queryable, accountId: number): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(${people})`, [accountId]);
}

async function prepareTransaction(tx: Queryable, waits: boolean): Promise<void> {
  // What is computed can be computed again: a commit that a crash loses brings its lines back with it.
  await tx.query('set local synchronous_commit = off');
  if (waits) await tx.query('set local lock_timeout = 0');
}
