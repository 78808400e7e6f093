import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.extract_tasks
      add column fails_seconds bigint,
      add column deaths integer not null default 0,
      add column pages_when_taken integer,
      add column runs_alone boolean not null default false;
    comment on column pipeline.extract_tasks.fails_seconds is 'narrowest part of its window that timed out, in seconds';
    comment on column pipeline.extract_tasks.deaths is
      'processes that died while they owned the task, in a row, without a page committed';
    comment on column pipeline.extract_tasks.pages_when_taken is 'pages committed when it was last claimed';
    comment on column pipeline.extract_tasks.runs_alone is
      'its process executes nothing else, because processes died with it before';

    create table pipeline.window_widths (
      account_id bigint not null,
      event_type text not null,
      works_seconds bigint,
      fails_seconds bigint,
      updated_at timestamptz not null default now(),
      primary key (account_id, event_type));
    comment on table pipeline.window_widths is
      'How long a window of an event type may be where Retrieves time out, as the latest search found it.';
    comment on column pipeline.window_widths.account_id is 'MID';
    comment on column pipeline.window_widths.event_type is 'event type';
    comment on column pipeline.window_widths.works_seconds is 'longest window that did not time out; null: none was found';
    comment on column pipeline.window_widths.fails_seconds is 'shortest window that timed out';
    comment on column pipeline.window_widths.updated_at is 'when it was found'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table pipeline.window_widths;
    alter table pipeline.extract_tasks
      drop column fails_seconds, drop column deaths, drop column pages_when_taken, drop column runs_alone`);
}
