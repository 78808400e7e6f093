import type { Knex } from 'knex';

const comments: readonly (readonly [object: string, comment: string])[] = [
  ['column pipeline.extract_tasks.rung', 'of a tail window: by which filter it is read; null for all others'],
  [
    'column pipeline.extract_tasks.below_job_id',
    'of a tail window: only jobs with a smaller JobID; null: no bound',
  ],
  [
    'column pipeline.extract_tasks.definition_id',
    'of a tail window: the triggered send definition it is read for',
  ],
  [
    'column pipeline.checkpoints.tail_from',
    'where reading by JobID ended and the tail went on; null: read by JobID to the end',
  ],
  ['column pipeline.accounts.tail_off_at', 'when the tail was switched off, because it missed events'],
  ['column pipeline.accounts.tail_off_reason', 'what it missed'],
  ['column pipeline.accounts.tail_checked_at', 'when a sample of old jobs was last read by JobID'],
  ['column pipeline.accounts.date_filter_works', 'a filter by date alone was seen to work; null: not known'],
  [
    'column pipeline.accounts.list_filter_works',
    'a filter by a list of jobs was seen to work; null: not known',
  ],
  ['column pipeline.accounts.filters_probed_at', 'when the filters were last probed'],
  ['table pipeline.tails', 'How far the tail of each account and event type is read.'],
  ['column pipeline.tails.account_id', 'MID'],
  ['column pipeline.tails.event_type', 'event type'],
  ['column pipeline.tails.rung', 'by which filter it is read: 1 to 4; 5: job by job'],
  ['column pipeline.tails.window_from', 'first instant of the last window that is completely in'],
  ['column pipeline.tails.covered_to', 'every event of the tail before this instant has been committed'],
  [
    'column pipeline.tails.below_job_id',
    'of the last window: only jobs with a smaller JobID; null: no bound',
  ],
  ['column pipeline.tails.completed_at', 'when the last window was completely in'],
  ['column pipeline.tails.last_records', 'records in the last window'],
  ['column pipeline.tails.last_window_seconds', 'its length'],
  [
    'column pipeline.tails.arrivals_read_at',
    'when arrivals since the last batch were last requested; null: never, so that there is no mark yet',
  ],
  [
    'table pipeline.tail_failures',
    'Rungs on which the tail cannot be read. They are tried again after 30 days.',
  ],
  ['column pipeline.tail_failures.account_id', 'MID'],
  ['column pipeline.tail_failures.event_type', 'event type'],
  ['column pipeline.tail_failures.rung', 'the rung'],
  ['column pipeline.tail_failures.code', 'why: the code of the error'],
  ['column pipeline.tail_failures.reason', 'its text'],
  ['column pipeline.tail_failures.failed_at', 'when'],
];

/** The tail: everything but the young jobs, read by date. One window at a time may be open of each kind of task. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.extract_tasks
      drop constraint extract_tasks_kind_check,
      add constraint extract_tasks_kind_check check (kind in ('events', 'dimension', 'file', 'tail', 'arrivals')),
      drop constraint extract_tasks_origin_check,
      add constraint extract_tasks_origin_check
        check (origin in ('sync', 'backfill', 'full_reread', 'import', 'tail_check')),
      add column rung smallint,
      add column below_job_id bigint,
      add column definition_id uuid,
      add constraint extract_tasks_tail_check check ((kind = 'tail') = (rung is not null));
    drop index pipeline.extract_tasks_one_open_sync_window;
    create unique index extract_tasks_one_open_sync_window
      on pipeline.extract_tasks (account_id, job_id, event_type, kind)
      nulls not distinct where origin = 'sync' and parent_id is null and settled_at is null and parked_at is null;
    alter table pipeline.checkpoints add column tail_from timestamptz;
    alter table pipeline.accounts
      add column tail_off_at timestamptz,
      add column tail_off_reason text,
      add column tail_checked_at timestamptz,
      add column date_filter_works boolean,
      add column list_filter_works boolean,
      add column filters_probed_at timestamptz;
    create table pipeline.tails (
      account_id bigint not null,
      event_type text not null,
      rung smallint not null,
      window_from timestamptz,
      covered_to timestamptz,
      below_job_id bigint,
      completed_at timestamptz,
      last_records bigint not null default 0,
      last_window_seconds bigint not null default 0,
      arrivals_read_at timestamptz,
      primary key (account_id, event_type));
    create table pipeline.tail_failures (
      account_id bigint not null,
      event_type text not null,
      rung smallint not null,
      code text not null,
      reason text not null,
      failed_at timestamptz not null default now(),
      primary key (account_id, event_type, rung))`);
  for (const [object, comment] of comments) await knex.raw(`comment on ${object} is '${comment}'`);
}

/** What the tail has read is read again job by job. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    update pipeline.checkpoints
    set covered_to = tail_from, watermark = least(watermark, tail_from), asked_at = null where tail_from is not null;
    delete from pipeline.extract_tasks where kind in ('tail', 'arrivals') or origin = 'tail_check';
    drop table pipeline.tails;
    drop table pipeline.tail_failures;
    alter table pipeline.accounts
      drop column tail_off_at, drop column tail_off_reason, drop column tail_checked_at,
      drop column date_filter_works, drop column list_filter_works, drop column filters_probed_at;
    alter table pipeline.checkpoints drop column tail_from;
    drop index pipeline.extract_tasks_one_open_sync_window;
    create unique index extract_tasks_one_open_sync_window on pipeline.extract_tasks (account_id, job_id, event_type)
      nulls not distinct where origin = 'sync' and parent_id is null and settled_at is null and parked_at is null;
    alter table pipeline.extract_tasks
      drop constraint extract_tasks_tail_check,
      drop column rung, drop column below_job_id, drop column definition_id,
      drop constraint extract_tasks_kind_check,
      add constraint extract_tasks_kind_check check (kind in ('events', 'dimension', 'file')),
      drop constraint extract_tasks_origin_check,
      add constraint extract_tasks_origin_check check (origin in ('sync', 'backfill', 'full_reread', 'import'))`);
}
