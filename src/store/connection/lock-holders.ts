import type pg from 'pg';
import { createPool, type Queryable } from './pool.ts';
import { processLockClass } from './session-locks.ts';
import { slotKey } from '../slots/slots.ts';

/** A session of the database server that holds a lock we wait for. */
export interface LockHolder {
  readonly pid: number;
  readonly role: string | null;
  readonly application: string | null;
  readonly address: string | null;
  readonly since: Date | null;
}

/** Sessions that keep another one waiting. */
async function findBlockers(database: Queryable, waitingPid: number): Promise<LockHolder[]> {
  const { rows } = await database.query<LockHolder>(
    `select pid, usename as role, application_name as application, host(client_addr) as address,
            backend_start as since
     from pg_stat_activity where pid = any(pg_blocking_pids($1)) order by pid`,
    [waitingPid],
  );
  return rows;
}

/**
 * Sessions that hold slots of these accounts and are no process of ours: one of ours holds its own lock as well.
 * Each role that may connect may take any advisory lock, and we would wait for it without end.
 */
export async function findForeignSlotHolders(
  database: Queryable,
  accountIds: readonly number[],
  slotsPerAccount: number,
): Promise<LockHolder[]> {
  const keys = accountIds.flatMap((accountId) =>
    Array.from({ length: slotsPerAccount }, (_, number) => slotKey(accountId, number)),
  );
  const { rows } = await database.query<LockHolder>(
    `with held as (
       select pid, classid, objid, objsubid from pg_locks
       where locktype = 'advisory' and granted
         and database = (select oid from pg_database where datname = current_database())),
     slots as (
       select hashtextextended(key, 0) as number from unnest($1::text[]) as wanted (key))
     select distinct activity.pid, usename as role, application_name as application,
            host(client_addr) as address, backend_start as since
     from held join slots on objsubid = 1 and (classid::bigint << 32) | objid::bigint = number
     join pg_stat_activity as activity using (pid)
     where not exists (
       select from held as own where own.pid = held.pid and own.objsubid = 2 and own.classid = $2::int::oid)
     order by activity.pid`,
    [keys, processLockClass],
  );
  return rows;
}

/** What to say of a session that holds a lock. */
export function holderText({ pid, role, application, address, since }: LockHolder): string {
  const parts = [
    ...(role === null ? [] : [`role ${role}`]),
    ...(application === null || application === '' ? [] : [`application ${JSON.stringify(application)}`]),
    ...(address === null ? [] : [`from ${address}`]),
    ...(since === null ? [] : [`connected since ${since.toISOString().slice(0, 16).replace('T', ' ')} UTC`]),
  ];
  return `pid ${pid} (${parts.join(', ')}) holds it; pg_terminate_backend(${pid}) ends that session`;
}

/** A wait is said after this time, and again after the longer one. */
const sayMs = { first: 3000, next: 60_000 };

/** Does work on a connection; while the work is kept waiting by other sessions, says by which. */
export async function sayWhileBlocked<Result>(
  client: pg.Client,
  databaseUrl: string,
  onBlocked: (holder: LockHolder) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const waitingPid = rows[0]?.pid ?? 0;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const pool = createPool({ databaseUrl, connectionsMax: 1, applicationName: 'sfmc-tracking locks' });
    try {
      for (const holder of await findBlockers(pool, waitingPid)) onBlocked(holder);
    } catch {
      // The work itself fails where the database is away.
    } finally {
      await pool.end();
    }
    if (timer !== undefined) timer = setTimeout(() => void look(), sayMs.next);
  };
  timer = setTimeout(() => void look(), sayMs.first);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    timer = undefined;
  }
}
