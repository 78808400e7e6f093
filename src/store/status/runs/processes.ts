import type { Queryable } from '../../connection/pool.ts';
import { processLockClass } from '../../connection/session-locks.ts';

export interface AliveProcess {
  readonly processId: number;
  readonly command: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: Date;
}

/** A condition: the advisory lock of the process is held, so it runs. `column` has its id, `parameter` is `processLockClass`. */
export function isProcessAlive(column: string, parameter: string): string {
  return `exists (
       select from pg_locks
       where locktype = 'advisory' and objsubid = 2 and granted
         and database = (select oid from pg_database where datname = current_database())
         and classid = ${parameter}::int::oid and objid = ${column}::oid)`;
}

/** Processes whose advisory lock is held: a killed one is gone at once. */
export async function readAliveProcesses(database: Queryable): Promise<AliveProcess[]> {
  const { rows } = await database.query<AliveProcess>(
    `select process_id as "processId", command, host, pid, started_at as "startedAt"
     from pipeline.processes
     where ended_at is null and ${isProcessAlive('process_id', '$1')}
     order by process_id`,
    [processLockClass],
  );
  return rows;
}
