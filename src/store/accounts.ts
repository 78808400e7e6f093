import type { Queryable } from './connection/pool.ts';
import { reducedSlots } from './slots/reduced-slots.ts';

/** Days for which a probe of an account's cursors stays valid. */
const probeValidDays = 30;

/** Inserts the row of an account that has none. Sets a refused or retired account to active: each run tries its credentials again. */
export async function openAccount(database: Queryable, accountId: number, isDefault: boolean): Promise<void> {
  await database.query(
    `insert into pipeline.accounts as known (account_id, is_default) values ($1, $2)
     on conflict (account_id) do update
     set state = 'active', refused_reason = null, retired_at = null, is_default = excluded.is_default, updated_at = now()`,
    [accountId, isDefault],
  );
}

/** The business unit that the credentials belong to, if an earlier run identified it. */
export async function findDefaultAccount(database: Queryable): Promise<number | undefined> {
  const { rows } = await database.query<{ account_id: number }>(
    'select account_id from pipeline.accounts where is_default order by updated_at desc limit 1',
  );
  return rows[0]?.account_id;
}

export async function refuseAccount(database: Queryable, accountId: number, reason: string): Promise<void> {
  await database.query(
    `update pipeline.accounts set state = 'refused', refused_reason = $2, updated_at = now() where account_id = $1`,
    [accountId, reason],
  );
}

export interface RefusedAccount {
  readonly accountId: number;
  readonly reason: string;
}

/** Those of these accounts whose credentials were refused since they were opened, by whichever process found out. */
export async function findRefusedAccounts(
  database: Queryable,
  accountIds: readonly number[],
): Promise<RefusedAccount[]> {
  const { rows } = await database.query<RefusedAccount>(
    `select account_id as "accountId", coalesce(refused_reason, '') as reason
     from pipeline.accounts where state = 'refused' and account_id = any($1) order by account_id`,
    [accountIds],
  );
  return rows;
}

/** An offset that differs by less was measured by a slower or a faster response, and says the same. */
const offsetToleranceMs = 1000;

/**
 * Stores how far Marketing Cloud's clock is ahead of the database's (negative: behind), taken from a response. Where it
 * is known already, nothing is written: pages that commit side by side would wait for each other.
 */
export async function recordClockOffset(
  database: Queryable,
  accountId: number,
  serverTime: Date,
): Promise<void> {
  await database.query(
    `update pipeline.accounts as account
     set clock_offset_ms = measured.ms, updated_at = now()
     from (select round(extract(epoch from $2::timestamptz - clock_timestamp()) * 1000) as ms) as measured
     where account_id = $1
       and (clock_offset_ms is null or abs(clock_offset_ms - measured.ms) >= $3)`,
    [accountId, serverTime, offsetToleranceMs],
  );
}

export async function readClockOffset(database: Queryable, accountId: number): Promise<number> {
  const { rows } = await database.query<{ clock_offset_ms: number | null }>(
    'select clock_offset_ms from pipeline.accounts where account_id = $1',
    [accountId],
  );
  return rows[0]?.clock_offset_ms ?? 0;
}

/** A reservation further ahead than this was made by a clock that has been set back since. */
const aheadSecondsMax = 60;

/** Reservations that may wait at once, whatever the rate. */
const waitingMax = 20;

/**
 * Reserves requests and returns how long to wait before the first of them, in ms. Over all processes,
 * requests start no faster than `perMinute`, after a burst of at most ten seconds' worth. Also returns
 * how many may be in flight at once, where that is reduced at the moment.
 */
export async function reserveRequests(
  database: Queryable,
  accountId: number,
  requests: number,
  perMinute: number,
): Promise<{ waitMs: number; slotsMax: number | null }> {
  const { rows } = await database.query<{ wait_ms: number; slots_max: number | null }>({
    name: 'reserve-requests',
    text: `
      update pipeline.accounts
      set requests_paid_until =
        least(greatest(requests_paid_until, clock_timestamp() - interval '10 seconds'),
              clock_timestamp() + make_interval(secs => greatest($4, $5 * $2::float8 * 60 / $3::float8)))
        + make_interval(secs => $2::float8 * 60 / $3::float8)
      where account_id = $1
      returning greatest(0, extract(epoch from requests_paid_until - clock_timestamp()) * 1000)::float8 as wait_ms,
                ${reducedSlots} as slots_max`,
    values: [accountId, requests, perMinute, aheadSecondsMax, waitingMax],
  });
  return { waitMs: rows[0]?.wait_ms ?? 0, slotsMax: rows[0]?.slots_max ?? null };
}

/** Stores whether a repeated continue request got the same page again. An account that was never read gets its row. */
export async function recordCursorProbe(
  database: Queryable,
  accountId: number,
  isReplayable: boolean,
): Promise<void> {
  await database.query(
    `insert into pipeline.accounts as known (account_id, is_cursor_replayable, cursor_probed_at) values ($1, $2, now())
     on conflict (account_id) do update
     set is_cursor_replayable = excluded.is_cursor_replayable, cursor_probed_at = now(), updated_at = now()`,
    [accountId, isReplayable],
  );
}

/** Accounts for which a recent probe got the same page twice from one cursor, so interrupted windows may resume. */
export async function findReplayableAccounts(database: Queryable): Promise<number[]> {
  const { rows } = await database.query<{ account_id: number }>(
    `select account_id from pipeline.accounts
     where is_cursor_replayable and cursor_probed_at > now() - interval '${probeValidDays} days'`,
  );
  return rows.map((row) => row.account_id);
}
