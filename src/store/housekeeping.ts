import { beat, heartbeatSetting } from './connection/heartbeat.ts';
import type { Pool, Queryable } from './connection/pool.ts';

/** A step as its last execution left it. */
export interface StepRecord {
  readonly step: string;
  readonly processId: number;
  readonly startedAt: Date;
  /** Null: it is going on, or its process stopped or died. */
  readonly finishedAt: Date | null;
  readonly succeededAt: Date | null;
  /** Why the last execution failed; null where it did not. */
  readonly failure: string | null;
}

export interface StepClaim {
  readonly step: string;
  readonly processId: number;
  /** The step is due when its last execution began this long ago; 0: it is due now. */
  readonly everyMs: number;
  /** It is due this long after one that failed, where that is sooner. */
  readonly retryMs: number;
}

/**
 * Does work while it holds the lock of a step; false where another process holds it.
 *
 * The lock lasts as long as its connection, which the server ends when the process is suspended or its machine vanishes.
 * Then the work ends all the same, and another process may begin the same step, so a step must do no harm beside itself.
 */
export async function withStepLock(pool: Pool, step: string, work: () => Promise<void>): Promise<boolean> {
  const client = await pool.connect();
  // Without a listener, a connection that breaks between two statements would crash the process.
  client.on('error', ignore);
  let isBroken = false;
  const { name, on, off } = heartbeatSetting;
  try {
    const key = `hashtextextended('sfmc-tracking housekeeping ' || $1, 0)`;
    // One statement: a lock without the setting would stay with a process that is suspended before the next one.
    const { rows } = await client.query<{ isLocked: boolean }>(
      `with lock as materialized (select pg_try_advisory_lock(${key}) as is_locked)
       select is_locked as "isLocked", set_config('${name}', case when is_locked then $2 else $3 end, false) from lock`,
      [step, on, off],
    );
    if (rows[0]?.isLocked !== true) return false;
    const stopBeating = beat(client, ignore);
    try {
      await work();
    } finally {
      stopBeating();
      const unlock = `select pg_advisory_unlock(${key}), set_config('${name}', $2, false)`;
      await client.query(unlock, [step, off]).catch(() => {
        isBroken = true;
      });
    }
    return true;
  } finally {
    client.off('error', ignore);
    client.release(isBroken);
  }
}

function ignore(): void {
  // The next statement on the connection reports the failure.
}

/** Notes that an execution of a step begins; false where it is not due. For the holder of its lock. */
export async function claimStep(database: Queryable, claim: StepClaim): Promise<boolean> {
  const { rowCount } = await database.query(
    `insert into pipeline.housekeeping_steps as known (step, process_id, started_at) values ($1, $2, now())
     on conflict (step) do update
     set process_id = excluded.process_id, started_at = now(), finished_at = null
     where known.finished_at is null
       or known.started_at <= now() - make_interval(secs =>
            case when known.failure is null then $3::float8 else least($3::float8, $4::float8) end)`,
    [claim.step, claim.processId, claim.everyMs / 1000, claim.retryMs / 1000],
  );
  return rowCount === 1;
}

/** Notes how an execution ended: with what it counted, or why it failed. */
export async function finishStep(
  database: Queryable,
  step: string,
  end: { readonly result: object } | { readonly failure: string },
): Promise<void> {
  const [result, failure] = 'result' in end ? [JSON.stringify(end.result), null] : [null, end.failure];
  await database.query(
    `update pipeline.housekeeping_steps
     set finished_at = now(), failure = $2, result = coalesce($3::jsonb, result),
         succeeded_at = case when $2::text is null then now() else succeeded_at end
     where step = $1`,
    [step, failure, result],
  );
}

/** Every step that was ever executed. */
export async function readStepRecords(database: Queryable): Promise<StepRecord[]> {
  const { rows } = await database.query<StepRecord>(
    `select step, process_id as "processId", started_at as "startedAt", finished_at as "finishedAt",
            succeeded_at as "succeededAt", failure
     from pipeline.housekeeping_steps order by step`,
  );
  return rows;
}
