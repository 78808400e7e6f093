import type { Knex } from 'knex';

type Columns = readonly (readonly [column: string, type: string, comment: string])[];

const accounts: Columns = [
  ['account_id', 'bigint primary key', 'MID of the business unit'],
  ['is_default', 'boolean not null default false', 'the package’s own business unit, named in no setting'],
  [
    'state',
    `text not null default 'active' check (state in ('active', 'refused'))`,
    'refused: its credentials were not accepted',
  ],
  ['refused_reason', 'text', 'what Marketing Cloud said when it refused'],
  ['jobs_discovered_until', 'timestamptz', 'every job modified before this instant is in tracking.jobs'],
  [
    'is_cursor_replayable',
    'boolean',
    'a repeated continue request was seen to give the same page; null: not known',
  ],
  ['cursor_probed_at', 'timestamptz', 'when that was last probed'],
  ['clock_offset_ms', 'bigint', 'Marketing Cloud’s clock less ours, as its answers show it'],
  ['slowed_until', 'timestamptz', 'concurrency is halved until then'],
  [
    'requests_paid_until',
    'timestamptz',
    'rate limit: requests are spaced so that this instant does not run ahead of the clock',
  ],
  ['updated_at', 'timestamptz not null default now()', 'last change of this row'],
];

const processes: Columns = [
  [
    'process_id',
    'integer generated always as identity primary key',
    'holds an advisory lock of this number while alive',
  ],
  ['command', 'text not null', 'sync, backfill, serve or worker'],
  ['host', 'text not null', 'machine'],
  ['pid', 'integer not null', 'process number there'],
  ['started_at', 'timestamptz not null default now()', 'start'],
  ['ended_at', 'timestamptz', 'end; of a killed process, when that was noticed'],
];

const runs: Columns = [
  ['run_id', 'bigint generated always as identity primary key', 'one execution of sync or backfill'],
  ['kind', `text not null check (kind in ('sync', 'backfill'))`, 'sync or backfill'],
  ['scheduled_at', 'timestamptz', 'the tick it serves; null when a person started it'],
  ['range_from', 'timestamptz', 'a backfill’s range, first instant'],
  ['range_to', 'timestamptz', 'a backfill’s range, first instant after it'],
  ['account_ids', 'bigint[] not null', 'accounts it covers'],
  ['event_types', 'text[] not null', 'event types it covers'],
  ['job_ids', 'bigint[]', 'jobs it is limited to; null: all'],
  [
    'state',
    `text not null default 'running' check (state in ('running', 'finished'))`,
    'running or finished',
  ],
  ['outcome', 'text', 'completed, completed_with_problems, halted, source_unavailable, interrupted'],
  ['process_id', 'integer not null', 'the process that leads it'],
  ['counts_before', `jsonb not null default '[]'`, 'counters of adopted tasks when they were adopted'],
  ['requests', 'bigint not null default 0', 'requests outside extract tasks (discovery)'],
  ['started_at', 'timestamptz not null default now()', 'start'],
  ['finished_at', 'timestamptz', 'end'],
];

const extractTasks: Columns = [
  ['id', 'bigint generated always as identity primary key', 'what the queue carries'],
  ['root_id', 'bigint not null', 'the planned window this one was cut from; itself for a planned one'],
  ['parent_id', 'bigint', 'the window this one is a part of'],
  ['run_id', 'bigint', 'the run that planned or adopted it'],
  [
    'kind',
    `text not null default 'events' check (kind in ('events', 'sweep', 'dimension'))`,
    'events of a job, a date-only sweep, or a dimension',
  ],
  [
    'origin',
    `text not null check (origin in ('sync', 'backfill', 'deep_read'))`,
    'only windows of sync move the watermark',
  ],
  ['account_id', 'bigint not null', 'MID'],
  ['job_id', 'bigint', 'JobID; null for a sweep'],
  ['event_type', 'text not null', 'event type'],
  ['is_whole', 'boolean not null default false', 'the window begins where the job begins'],
  ['window_from', 'timestamptz not null', 'first instant asked for'],
  ['window_to', 'timestamptz not null', 'first instant after the window'],
  [
    'state',
    `text not null default 'planned' check (state in ('planned', 'running', 'interrupted', 'done', 'split', 'parked', 'accepted'))`,
    'where the task stands',
  ],
  ['request_id', 'text', 'RequestID of the last committed page'],
  ['pages', 'integer not null default 0', 'pages committed'],
  ['records', 'bigint not null default 0', 'records read'],
  ['inserted', 'bigint not null default 0', 'rows that were new'],
  ['rejected', 'bigint not null default 0', 'records newly set aside'],
  ['requests', 'bigint not null default 0', 'requests made'],
  ['attempts', 'integer not null default 0', 'failed tries since it was planned or retried'],
  ['restarts', 'integer not null default 0', 'times the window was read again from its first page'],
  ['error_code', 'text', 'the last failure'],
  ['error_message', 'text', 'its text, redacted'],
  ['process_id', 'integer', 'the process that owns it'],
  ['queue_job_id', 'uuid', 'the queue’s own id of the delivery that is being worked on'],
  [
    'fence',
    'bigint not null default 0',
    'grows each time it is taken; a commit with an old one writes nothing',
  ],
  ['last_event_at', 'timestamptz', 'the latest event read'],
  ['triggered_send_id', 'uuid', 'a triggered send definition seen on its events'],
  ['parked_at', 'timestamptz', 'when it was last parked'],
  ['accepted_by', 'text', 'who accepted the hole'],
  ['accepted_reason', 'text', 'and why'],
  ['created_at', 'timestamptz not null default now()', 'planned'],
  ['started_at', 'timestamptz', 'first taken'],
  ['finished_at', 'timestamptz', 'done, split, parked or accepted'],
  [
    'settled_at',
    'timestamptz',
    'nothing is left to be done by itself: for a window cut in parts, when all parts are settled',
  ],
  ['updated_at', 'timestamptz not null default now()', 'last change of this row'],
];

const checkpoints: Columns = [
  ['account_id', 'bigint not null', 'MID'],
  ['job_id', 'bigint', 'JobID; null for sweeps'],
  ['event_type', 'text not null', 'event type'],
  [
    'state',
    `text not null default 'open' check (state in ('open', 'complete', 'closed'))`,
    'open: asked in each run; complete: all there is; closed: asked once a month',
  ],
  ['watermark', 'timestamptz', 'every event before this instant has been committed'],
  ['covered_from', 'timestamptz', 'where that begins'],
  ['covered_to', 'timestamptz', 'end of the last settled window, parked spans included'],
  ['request_id', 'text', 'RequestID of the last batch of the last complete window'],
  ['last_records', 'bigint not null default 0', 'records in the last window'],
  ['last_window_seconds', 'bigint not null default 0', 'its length'],
  ['whole_read_at', 'timestamptz', 'when the job was last read whole, from its first instant'],
  ['asked_at', 'timestamptz', 'when a window last settled'],
  ['updated_at', 'timestamptz not null default now()', 'last change of this row'],
];

const systemStatus: Columns = [
  ['only_row', 'boolean primary key default true check (only_row)', 'there is one row'],
  ['gate', `text not null default 'open' check (gate in ('open', 'closed'))`, 'may requests leave?'],
  ['system_status', `text not null default 'OK'`, 'what GetSystemStatus said last'],
  ['reason', 'text', 'why the gate is closed'],
  ['closed_at', 'timestamptz', 'closed since'],
  ['opened_at', 'timestamptz', 'last opened'],
  ['asked_at', 'timestamptz', 'GetSystemStatus was last asked'],
  ['next_check_at', 'timestamptz', 'it is asked again then'],
  ['failed_checks', 'integer not null default 0', 'status calls that failed in a row'],
  ['updated_at', 'timestamptz not null default now()', 'last change of this row'],
];

const rejectedRecords: Columns = [
  ['id', 'bigint generated always as identity primary key', 'its number'],
  ['account_id', 'bigint not null', 'MID'],
  ['job_id', 'bigint', 'JobID it was asked under'],
  ['event_type', 'text not null', 'event type'],
  ['reason', 'text not null', 'why it could not be read, naming the property'],
  ['record', 'text not null', 'the record as XML'],
  ['record_digest', 'bytea not null', 'SHA-256 of the record'],
  ['first_seen_at', 'timestamptz not null default now()', 'first read'],
  ['last_seen_at', 'timestamptz not null default now()', 'last read'],
  ['times_seen', 'integer not null default 1', 'times read'],
  ['run_id', 'bigint', 'the run that first met it'],
];

const tables: readonly (readonly [table: string, comment: string, columns: Columns])[] = [
  ['accounts', 'Business units and what is known of each.', accounts],
  ['processes', 'Processes that take tasks or lead runs.', processes],
  ['runs', 'Executions of sync and backfill.', runs],
  ['extract_tasks', 'The ledger: one row per window of one event type of one job.', extractTasks],
  ['checkpoints', 'How far each event type of each job has been read.', checkpoints],
  ['system_status', 'The global status container: is Marketing Cloud there?', systemStatus],
  ['rejected_records', 'Records that could not be read, one row each.', rejectedRecords],
];

export async function up(knex: Knex): Promise<void> {
  await knex.raw('create schema if not exists pipeline');
  await knex.raw(`comment on schema pipeline is 'Operations of sfmc-tracking; not for BI.'`);
  for (const [table, comment, columns] of tables) {
    const body = columns.map(([column, type]) => `${column} ${type}`).join(',\n');
    await knex.raw(`create table pipeline.${table} (${body}) with (fillfactor = 70)`);
    await knex.raw(`comment on table pipeline.${table} is '${comment}'`);
    for (const [column, , text] of columns)
      await knex.raw(`comment on column pipeline.${table}.${column} is '${text}'`);
  }
  await knex.raw(`
    insert into pipeline.system_status default values;
    alter table pipeline.extract_tasks add constraint window_is_not_inverted check (window_from < window_to);
    create unique index extract_tasks_one_open_sync_window on pipeline.extract_tasks (account_id, job_id, event_type)
      nulls not distinct where origin = 'sync' and parent_id is null and settled_at is null and parked_at is null;
    create index extract_tasks_unsettled on pipeline.extract_tasks (account_id, job_id, event_type) where settled_at is null;
    create index extract_tasks_root on pipeline.extract_tasks (root_id);
    create index extract_tasks_parked on pipeline.extract_tasks (account_id, job_id, event_type) where state = 'parked';
    create index extract_tasks_run on pipeline.extract_tasks (run_id);
    create unique index checkpoints_key on pipeline.checkpoints (account_id, job_id, event_type) nulls not distinct;
    create unique index runs_one_per_tick on pipeline.runs (kind, scheduled_at) where scheduled_at is not null;
    create unique index rejected_records_once on pipeline.rejected_records (account_id, event_type, record_digest);`);
}

export async function down(knex: Knex): Promise<void> {
  for (const [table] of tables) await knex.raw(`drop table pipeline.${table} cascade`);
}
