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
