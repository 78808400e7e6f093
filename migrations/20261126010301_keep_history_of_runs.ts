import type { Knex } from 'knex';

const scheduleComments: Readonly<Record<string, string>> = {
  only_row: 'there is one row',
  expression: 'cron expression of the sync',
  time_zone: 'its time zone',
  next_tick_at: 'when the next sync starts',
  ready_after_seconds: 'without a completed sync for this long, data are overdue',
  process_id: 'the process that serves the schedule',
  updated_at: 'last change of this row',
};

/** What a report needs besides the last runs: their counts as they ended, the last that completed, the schedule. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.runs add column counts jsonb;
    comment on column pipeline.runs.counts is
      'tasks, events and requests as the run ended; null: to be counted from the ledger';
    create index runs_completed on pipeline.runs (kind, finished_at)
      where outcome in ('completed', 'completed_with_problems') and job_ids is null;
    create table pipeline.schedule (
      only_row boolean primary key default true check (only_row),
      expression text not null,
      time_zone text not null,
      next_tick_at timestamptz,
      ready_after_seconds bigint not null,
      process_id integer not null,
      updated_at timestamptz not null default now()
    );
    comment on table pipeline.schedule is 'The schedule as the process that serves it last wrote it.';`);
  for (const [column, comment] of Object.entries(scheduleComments))
    await knex.raw(`comment on column pipeline.schedule.${column} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table pipeline.schedule;
    drop index pipeline.runs_completed;
    alter table pipeline.runs drop column counts;`);
}
