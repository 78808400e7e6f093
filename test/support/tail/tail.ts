import type pg from 'pg';
import type { SimulatorRequest } from '../../../simulator/http/request-log.ts';
import type { JobSpec, TruthEvent } from '../../../simulator/world/truth.ts';
import { ago, dayMs, hourMs } from '../clock.ts';
import { accountId, eventOf, listSend, type Stage } from '../simulator.ts';

export const closedJob = 100;
export const olderJob = 110;
export const youngJob = 200;

/** Sends of 60, 20 and 2 days ago: closed, open and no longer young, young. */
export function tailJobs(): JobSpec[] {
  return [
    sendOf(closedJob, 60, { counts: {} }),
    sendOf(olderJob, 20),
    sendOf(youngJob, 2, { counts: { sent: 40, open: 20, click: 10 } }),
  ];
}

/** A send of that many days ago, with no more events than are listed. */
function sendOf(jobId: number, days: number, spec: Partial<JobSpec> = {}): JobSpec {
  const createdAt = ago(days * dayMs);
  const counts = { sent: 5, open: 3, click: 2 };
  const lastEventAt = ago((days - 0.5) * dayMs);
  return listSend(jobId, {
    createdAt,
    sentAt: new Date(createdAt.getTime() + hourMs),
    counts,
    lastEventAt,
    ...spec,
  });
}

/** As if old jobs had been read from their first instant when they were young, and not for the lookback only. */
export async function pretendReadInFull(pool: pg.Pool): Promise<void> {
  await pool.query(
    `update pipeline.checkpoints as mark set covered_from = job.created_at - interval '5 days', full_read_at = asked_at
     from tracking.jobs as job where job.account_id = mark.account_id and job.job_id = mark.job_id`,
  );
}

/** As if the sample of old jobs had just been read. */
export async function pretendTailChecked(pool: pg.Pool): Promise<void> {
  await pool.query('update pipeline.accounts set tail_checked_at = now()');
}

/** An open of some minutes ago, in whole seconds. */
export function openedAt(jobId: number, minutes: number, changes: Partial<TruthEvent> = {}): TruthEvent {
  const occurredAt = Math.floor(Date.now() / 1000) * 1000 - minutes * 60_000;
  return eventOf(jobId, { occurredAt, availableAt: occurredAt, ...changes });
}

/** Moves everything that is marked as read some hours back, as if the last sync had been then. */
export async function pretendNightPassed(pool: pg.Pool, hours = 24): Promise<void> {
  const back = `make_interval(hours => ${hours})`;
  await pool.query(
    `update pipeline.checkpoints
     set watermark = watermark - ${back}, covered_to = covered_to - ${back}, asked_at = asked_at - ${back},
         tail_from = tail_from - ${back}, full_read_at = full_read_at - ${back};
     update pipeline.tails
     set window_from = window_from - ${back}, covered_to = covered_to - ${back}, completed_at = completed_at - ${back},
         arrivals_read_at = arrivals_read_at - ${back};
     update pipeline.tail_failures set failed_at = failed_at - ${back};
     update pipeline.window_widths set updated_at = updated_at - ${back};
     update pipeline.accounts set jobs_discovered_until = jobs_discovered_until - ${back},
            tail_checked_at = tail_checked_at - ${back};
     update pipeline.dimension_readings set read_at = read_at - ${back};
     update tracking.jobs set counters_at = counters_at - ${back}`,
  );
}

/** Retrieves of events since an index of the log, by what their filter names. */
export function eventRetrieves(stage: Stage, since = 0): SimulatorRequest[] {
  return stage.simulator.requests
    .slice(since)
    .filter(
      ({ operation, objectType }) => operation === 'Retrieve' && objectType?.endsWith('Event') === true,
    );
}

export interface TailRow {
  readonly event_type: string;
  readonly rung: number;
  readonly covered_to: Date;
}

export async function tailRows(pool: pg.Pool): Promise<TailRow[]> {
  const { rows } = await pool.query<TailRow>(
    'select event_type, rung, covered_to from pipeline.tails where account_id = $1 order by event_type',
    [accountId],
  );
  return rows;
}
