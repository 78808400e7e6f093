import type { Queryable } from '../pool.ts';
import { processLockClass } from '../session.ts';

export interface AliveProcess {
  readonly processId: number;
  readonly command: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: Date;
}

/** Processes whose advisory lock is held: a killed one is gone at once. */
export async function readAliveProcesses(database: Queryable): Promise<AliveProcess[]> {
  const { rows } = await database.query<AliveProcess>(
    `select process_id as "processId", command, host, pid, started_at as "startedAt"
     from pipeline.processes
     where ended_at is null and exists (
       select from pg_locks
       where locktype = 'advisory' and objsubid = 2 and granted
         and database = (select oid from pg_database where datname = current_database())
         and classid = $1::int::oid and objid = process_id::oid)
     order by process_id`,
    [processLockClass],
  );
  return rows;
}
