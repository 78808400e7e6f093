// "Open job" is defined here and nowhere else, as SQL for statements that select jobs and as a function for a job
// that was read. The SQL expects `tracking.jobs as job` joined by `joinDefinition`. A test holds the two together.

/** SQL, when the job last showed activity: its send or its last loaded event. */
export const jobActiveAt =
  'greatest(coalesce(job.sent_at, job.scheduled_at, job.created_at, job.first_seen_at), job.last_event_at)';

/** SQL, the triggered send definition that a job belongs to. */
export const joinDefinition = `
     left join tracking.triggered_sends as definition
       on definition.account_id = job.account_id and definition.triggered_send_id = job.triggered_send_id`;

/** SQL, whether an Active triggered send definition keeps the job open. */
export const jobIsKeptOpen = `(job.is_triggered and coalesce(definition.status = 'Active', false))`;

/** SQL, whether the job is open; `activeSince` is the parameter that holds now less the lookback. */
export function jobIsOpen(activeSince: string): string {
  return `(${jobActiveAt} >= ${activeSince} or ${jobIsKeptOpen})`;
}

/** How long after its send a job is young, and over which time it is busy. */
export const youngDays = 7;

/** A job with more events than this within that time fills pages of its own, and is read by its JobID. */
const busyEvents = 2500;

/**
 * SQL, whether the tail leaves the job to reading by JobID: it was sent since `youngSince`, or has been busy since. Which
 * of the two reads it makes no difference to what is loaded, only to what it costs.
 */
export function jobIsYoung(youngSince: string): string {
  return `(coalesce(job.sent_at, job.scheduled_at, job.created_at) >= ${youngSince}::timestamptz
            or job.last_event_at >= ${youngSince}::timestamptz
               and ${busyEvents} < (
                 select sum(days.events) from tracking.job_days as days
                 where days.account_id = job.account_id and days.job_id = job.job_id
                   and days.day >= ${youngSince}::timestamptz::date)) is true`;
}

/** The same, at the moment of the statement. */
export const jobIsYoungNow = jobIsYoung(`(now() - interval '${youngDays} days')`);

export interface JobActivity {
  /** Its send or its last loaded event. */
  readonly activeAt: Date;
  /** A triggered job whose definition is Active. */
  readonly isKeptOpen: boolean;
}

/** Whether events of the job are requested in each run: it was active within the lookback, or is kept open. */
export function isJobOpen(job: JobActivity, activeSince: Date): boolean {
  return job.isKeptOpen || job.activeAt >= activeSince;
}
