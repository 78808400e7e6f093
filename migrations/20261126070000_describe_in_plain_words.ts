import type { Knex } from 'knex';

/** Comments that were written before the glossary, in its words. The texts they replace are not kept. */
const comments: readonly (readonly [object: string, comment: string])[] = [
  ['column tracking.survey_events.answer', 'what the subscriber wrote or chose'],
  ['column tracking.click_events.url', 'the link as followed, with the subscriber’s values filled in'],

  ['table pipeline.accounts', 'Business units of Marketing Cloud, and the state of each.'],
  ['column pipeline.accounts.is_default', 'true: the package’s own business unit, which no setting names'],
  [
    'column pipeline.accounts.state',
    'active; refused: Marketing Cloud did not accept its credentials; retired: a person ended its reading',
  ],
  ['column pipeline.accounts.refused_reason', 'the error of that refusal'],
  [
    'column pipeline.accounts.is_cursor_replayable',
    'true: a repeated continue request was seen to return the same page; null: not known',
  ],
  ['column pipeline.accounts.cursor_probed_at', 'when this was last checked'],
  [
    'column pipeline.accounts.clock_offset_ms',
    'Marketing Cloud’s clock minus ours, measured from its responses',
  ],
  ['column pipeline.accounts.slowed_until', 'until then the account has half of its slots'],
  [
    'column pipeline.accounts.requests_paid_until',
    'rate limit: requests are reserved up to this instant; the next one is sent after it',
  ],

  ['table pipeline.processes', 'Running and ended processes of sync, backfill, serve and worker.'],
  [
    'column pipeline.processes.process_id',
    'its number; while the process is alive it holds the advisory lock of this number',
  ],
  ['column pipeline.processes.host', 'the machine it runs on'],
  ['column pipeline.processes.pid', 'its process number on that machine'],
  ['column pipeline.processes.ended_at', 'when it ended; for a killed process, when another one noticed'],

  ['table pipeline.runs', 'Runs of sync and backfill, one row each.'],
  ['column pipeline.runs.run_id', 'number of the run'],
  ['column pipeline.runs.scheduled_at', 'the tick that started it; null if a person did'],
  ['column pipeline.runs.range_from', 'first instant of a backfill’s range'],
  ['column pipeline.runs.range_to', 'first instant after a backfill’s range'],
  ['column pipeline.runs.account_ids', 'the accounts it reads'],
  ['column pipeline.runs.event_types', 'the event types it reads'],
  ['column pipeline.runs.job_ids', 'the jobs it is limited to; null: all'],
  ['column pipeline.runs.process_id', 'the process that executes it'],
  [
    'column pipeline.runs.counts_before',
    'what its adopted tasks had counted before, so that the summary counts only this run',
  ],

  ['table pipeline.extract_tasks', 'The ledger: one row per extract task.'],
  ['column pipeline.extract_tasks.id', 'number of the task; the queue carries nothing else'],
  [
    'column pipeline.extract_tasks.root_id',
    'the window as it was planned; the task itself if it was not split',
  ],
  ['column pipeline.extract_tasks.parent_id', 'the task that was split into this one; null for a root'],
  ['column pipeline.extract_tasks.origin', 'why it was planned; only tasks of sync move the watermark'],
  ['column pipeline.extract_tasks.is_full_read', 'true: the window begins where the job begins'],
  [
    'column pipeline.extract_tasks.window_from',
    'first instant of the window; null where a dimension is not read by date',
  ],
  ['column pipeline.extract_tasks.window_to', 'first instant after the window'],
  [
    'column pipeline.extract_tasks.state',
    'planned, running, interrupted, done, split, parked, skipped or accepted; see docs/glossary.md',
  ],
  ['column pipeline.extract_tasks.rejected', 'records rejected for the first time'],
  ['column pipeline.extract_tasks.requests', 'requests sent'],
  ['column pipeline.extract_tasks.attempts', 'failed attempts since it was planned or retried'],
  ['column pipeline.extract_tasks.error_code', 'code of the last failure'],
  ['column pipeline.extract_tasks.error_message', 'text of the last failure, redacted'],
  ['column pipeline.extract_tasks.process_id', 'the process that owns it'],
  ['column pipeline.extract_tasks.queue_job_id', 'the queue’s id of the delivery that its owner received'],
  [
    'column pipeline.extract_tasks.fence',
    'grows each time the task is claimed; a commit with an old one writes nothing',
  ],
  ['column pipeline.extract_tasks.last_event_at', 'date of the latest event read'],
  ['column pipeline.extract_tasks.triggered_send_id', 'a triggered send definition that its events name'],
  ['column pipeline.extract_tasks.accepted_by', 'the person who accepted the hole'],
  ['column pipeline.extract_tasks.accepted_reason', 'the reason that person gave'],
  ['column pipeline.extract_tasks.created_at', 'when it was planned'],
  ['column pipeline.extract_tasks.started_at', 'when it was first claimed'],
  ['column pipeline.extract_tasks.finished_at', 'when it became done, split, parked or accepted'],
  [
    'column pipeline.extract_tasks.settled_at',
    'when nothing was left to do; for a split window, when all of its parts were settled',
  ],

  [
    'column pipeline.checkpoints.state',
    'open: read in each run; complete: every event is loaded; closed: read once a month',
  ],
  ['column pipeline.checkpoints.covered_from', 'first instant that has been requested'],
  ['column pipeline.checkpoints.covered_to', 'end of the last settled window, holes included'],
  ['column pipeline.checkpoints.request_id', 'RequestID of the last page of the last complete window'],
  ['column pipeline.checkpoints.last_records', 'records of the last window'],
  ['column pipeline.checkpoints.last_window_seconds', 'length of the last window'],
  ['column pipeline.checkpoints.full_read_at', 'when the last full re-read of the job was complete'],
  ['column pipeline.checkpoints.asked_at', 'when a window was last settled'],

  ['table pipeline.system_status', 'The gate and the last system status, one row for all processes.'],
  ['column pipeline.system_status.only_row', 'keeps the table at one row'],
  ['column pipeline.system_status.gate', 'open: requests may be sent; closed: only the status call is sent'],
  ['column pipeline.system_status.system_status', 'the last result of GetSystemStatus'],
  ['column pipeline.system_status.closed_at', 'since when the gate is closed'],
  ['column pipeline.system_status.opened_at', 'when the gate was last opened'],
  ['column pipeline.system_status.asked_at', 'when GetSystemStatus was last called'],
  ['column pipeline.system_status.next_check_at', 'when it is called again'],
  ['column pipeline.system_status.failed_checks', 'status calls that failed in a row'],

  ['table pipeline.rejected_records', 'Records that cannot be typed, one row each.'],
  ['column pipeline.rejected_records.id', 'number of the record'],
  ['column pipeline.rejected_records.job_id', 'the job it was requested for'],
  ['column pipeline.rejected_records.reason', 'why it cannot be typed; names the property'],
  ['column pipeline.rejected_records.run_id', 'the run that read it first'],
];

export async function up(knex: Knex): Promise<void> {
  for (const [object, comment] of comments) await knex.raw(`comment on ${object} is '${comment}'`);
}

export async function down(): Promise<void> {
  // Comments have no effect: the later ones are right for the earlier schema as well.
}
