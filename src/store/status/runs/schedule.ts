import type { Queryable } from '../../connection/pool.ts';
import { processLockClass } from '../../connection/session-locks.ts';
import { isProcessAlive } from './processes.ts';

/** The schedule as a process serves it. */
export interface ServedSchedule {
  /** Cron expression of the sync. */
  readonly expression: string;
  readonly timeZone: string;
  readonly nextTickAt: Date | null;
  readonly readyAfterMs: number;
  readonly processId: number;
}

/** Writes the schedule that a process serves, for every process that reports; those of processes that ended leave. */
export async function recordSchedule(database: Queryable, schedule: ServedSchedule): Promise<void> {
  const { expression, timeZone, nextTickAt, readyAfterMs, processId } = schedule;
  await database.query(
    `with gone as (
       delete from pipeline.schedule where process_id <> $5 and not ${isProcessAlive('process_id', '$6')})
     insert into pipeline.schedule (expression, time_zone, next_tick_at, ready_after_seconds, process_id)
     values ($1, $2, $3, $4, $5)
     on conflict (process_id) do update
     set expression = excluded.expression, time_zone = excluded.time_zone, next_tick_at = excluded.next_tick_at,
         ready_after_seconds = excluded.ready_after_seconds, updated_at = now()`,
    [expression, timeZone, nextTickAt, Math.round(readyAfterMs / 1000), processId, processLockClass],
  );
}

/** The schedules as they were last written, the latest first; their processes may be gone. */
export async function readSchedules(database: Queryable): Promise<ServedSchedule[]> {
  const { rows } = await database.query<ServedSchedule>(
    `select expression, time_zone as "timeZone", next_tick_at as "nextTickAt",
            ready_after_seconds * 1000 as "readyAfterMs", process_id as "processId"
     from pipeline.schedule order by updated_at desc, process_id desc`,
  );
  return rows;
}

/**
 * Whether a tick needs no run any more: a sync served it or a later one, one that began since has completed, or it came
 * before this program was installed.
 */
export async function isTickServed(database: Queryable, tick: Date): Promise<boolean> {
  const { rows } = await database.query<{ is_served: boolean }>(
    `select coalesce((select min(migration_time) from pipeline.migrations) > $1, true) or exists (
       select from pipeline.runs
       where kind = 'sync' and (scheduled_at >= $1
         or started_at >= $1 and job_ids is null and outcome in ('completed', 'completed_with_problems'))) as is_served`,
    [tick],
  );
  return rows[0]?.is_served === true;
}

/** When the schema was first migrated. */
export async function readInstalledAt(database: Queryable): Promise<Date | null> {
  const { rows } = await database.query<{ at: Date | null }>(
    'select min(migration_time) as at from pipeline.migrations',
  );
  return rows[0]?.at ?? null;
}
