import type { Knex } from 'knex';

/**
 * Dimensions are read by extract tasks: by a window of their modification date, for a list of jobs, or whole. A task
 * of events always has a window. Requests outside of tasks are not counted any more, because there are none.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.extract_tasks
      drop constraint extract_tasks_kind_check,
      add constraint extract_tasks_kind_check check (kind in ('events', 'dimension')),
      alter column window_from drop not null,
      alter column window_to drop not null,
      add column job_ids bigint[],
      add constraint extract_tasks_scope_check check (
        (window_from is null) = (window_to is null)
        and (kind <> 'events' or window_from is not null and job_ids is null));
    create index extract_tasks_accepted on pipeline.extract_tasks (account_id, event_type) where state = 'accepted';
    alter table pipeline.runs drop column requests;
    comment on column pipeline.extract_tasks.kind is 'events: of one job; dimension: rows of a table that describes events';
    comment on column pipeline.extract_tasks.event_type is 'the event type, or the name of the dimension';
    comment on column pipeline.extract_tasks.job_id is 'JobID; null for a dimension';
    comment on column pipeline.extract_tasks.job_ids is 'the jobs that a dimension is read for; null: all';
    comment on column pipeline.extract_tasks.window_from is 'first instant asked for; null where a dimension is not read by date';
    comment on column pipeline.checkpoints.job_id is 'JobID'`);
}

/** Refused while the ledger holds tasks of dimensions. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.runs add column requests bigint not null default 0;
    comment on column pipeline.runs.requests is 'requests outside extract tasks (discovery)';
    drop index pipeline.extract_tasks_accepted;
    alter table pipeline.extract_tasks
      drop constraint extract_tasks_scope_check,
      drop column job_ids,
      alter column window_from set not null,
      alter column window_to set not null,
      drop constraint extract_tasks_kind_check,
      add constraint extract_tasks_kind_check check (kind in ('events', 'sweep', 'dimension'))`);
}
