import type { Queryable } from '../../../src/store/connection/pool.ts';
import { processLockClass } from '../../../src/store/connection/session-locks.ts';

/**
 * Ends the connection that holds the lock of a process of this database, as the operating system does when the process is
 * killed. Other databases of the server have processes of the same number, which are other tests' own.
 */
export async function endConnectionOf(database: Queryable, processId: number): Promise<void> {
  await database.query(
    `select pg_terminate_backend(pid) from pg_locks
     where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
       and classid = $1::int::oid and objid = $2::int::oid and objsubid = 2 and granted`,
    [processLockClass, processId],
  );
}
