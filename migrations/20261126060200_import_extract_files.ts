import type { Knex } from 'knex';

const eventTables = [
  'sent_events',
  'open_events',
  'click_events',
  'bounce_events',
  'unsub_events',
  'not_sent_events',
  'forward_events',
  'forward_opt_in_events',
  'survey_events',
];

const comments: readonly (readonly [object: string, comment: string])[] = [
  ['table pipeline.imported_files', 'Files of Tracking Extracts: how far each was imported.'],
  ['column pipeline.imported_files.file_id', 'names its staging table'],
  ['column pipeline.imported_files.name', 'its path, and within an archive its name there'],
  ['column pipeline.imported_files.run_id', 'the import that took it last'],
  ['column pipeline.imported_files.created_at', 'when it was begun'],
  ['column pipeline.imported_files.finished_at', 'when it was done'],
  ['column pipeline.imported_files.updated_at', 'last change of this row'],
  ['column pipeline.staging_positions.file_id', 'the file'],
  [
    'column pipeline.staging_positions.position',
    'offset in bytes, line, and whether its times have milliseconds',
  ],
  ['column pipeline.staging_positions.rows', 'rows in its staging table'],
  ['column pipeline.file_event_types.account_id', 'MID'],
  ['column pipeline.file_event_types.event_type', 'event type'],
  ['column pipeline.file_event_types.first_at', 'when the first file was merged'],
  [
    'column pipeline.imported_files.file_key',
    'a digest of its content, its place and the options it is read with',
  ],
  ['column pipeline.imported_files.event_type', 'the event type, or the name of the dimension'],
  ['column pipeline.imported_files.state', 'staging: lines are read; merging: rows go to the events; done'],
  [
    'column pipeline.imported_files.fence',
    'grows each time a process takes it; a commit with an old one writes nothing',
  ],
  ['column pipeline.imported_files.rows_staged', 'rows read from it'],
  ['column pipeline.imported_files.rows_merged', 'rows compared with the events so far'],
  ['column pipeline.imported_files.inserted', 'rows that were new'],
  ['column pipeline.imported_files.rejected', 'lines newly set aside'],
  ['column pipeline.imported_files.merged_to', 'the last group that was merged'],
  [
    'table pipeline.staging_positions',
    'How far files are read into their staging tables. Unlogged as these are: a crash of Postgres empties both.',
  ],
  [
    'table pipeline.file_event_types',
    'Event types of accounts that files brought events of: pages that come by SOAP take their places.',
  ],
  [
    'column pipeline.extract_tasks.merges_files',
    'files have brought events of its type: its pages take their places',
  ],
  ['column pipeline.extract_tasks.file_id', 'the file whose events are merged'],
  ['column pipeline.rejected_records.file', 'where it came in a file: its name, line, time zone'],
];

/**
 * Files of Tracking Extracts. An event that a file brought is marked with the number of fraction digits of its time, so
 * that the same event, read by SOAP, takes its place. Adding the column rewrites no table.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pipeline.imported_files (
      file_id bigint generated always as identity primary key,
      file_key text not null unique,
      name text not null,
      event_type text not null,
      run_id bigint not null,
      state text not null default 'staging' check (state in ('staging', 'merging', 'done')),
      fence bigint not null default 0,
      rows_staged bigint not null default 0,
      rows_merged bigint not null default 0,
      inserted bigint not null default 0,
      rejected bigint not null default 0,
      merged_to jsonb,
      created_at timestamptz not null default now(),
      finished_at timestamptz,
      updated_at timestamptz not null default now());
    create unlogged table pipeline.staging_positions (
      file_id bigint primary key,
      position jsonb not null,
      rows bigint not null);
    create table pipeline.file_event_types (
      account_id bigint not null,
      event_type text not null,
      first_at timestamptz not null default now(),
      primary key (account_id, event_type));
    alter table pipeline.runs
      drop constraint runs_kind_check,
      add constraint runs_kind_check check (kind in ('sync', 'backfill', 'import'));
    alter table pipeline.extract_tasks
      add column merges_files boolean not null default false,
      add column file_id bigint,
      drop constraint extract_tasks_kind_check,
      add constraint extract_tasks_kind_check check (kind in ('events', 'dimension', 'file')),
      drop constraint extract_tasks_origin_check,
      add constraint extract_tasks_origin_check check (origin in ('sync', 'backfill', 'full_reread', 'import'));
    create unique index extract_tasks_of_file on pipeline.extract_tasks (file_id, account_id) where settled_at is null;
    alter table pipeline.rejected_records add column file jsonb`);
  for (const table of eventTables) {
    await knex.raw(`
      alter table tracking.${table} add column file_digits smallint;
      comment on column tracking.${table}.file_digits is
        'fraction digits of the time where the row came from a Tracking Extract; null: read by SOAP'`);
  }
  for (const [object, comment] of comments) await knex.raw(`comment on ${object} is '${comment}'`);
}

/** Events that files brought stay, and count as read by SOAP. */
export async function down(knex: Knex): Promise<void> {
  for (const table of eventTables) await knex.raw(`alter table tracking.${table} drop column file_digits`);
  await knex.raw(`
    delete from pipeline.rejected_records where file is not null;
    alter table pipeline.rejected_records drop column file;
    delete from pipeline.extract_tasks where kind = 'file';
    alter table pipeline.extract_tasks
      drop column merges_files,
      drop column file_id,
      drop constraint extract_tasks_kind_check,
      add constraint extract_tasks_kind_check check (kind in ('events', 'dimension')),
      drop constraint extract_tasks_origin_check,
      add constraint extract_tasks_origin_check check (origin in ('sync', 'backfill', 'full_reread'));
    delete from pipeline.runs where kind = 'import';
    alter table pipeline.runs
      drop constraint runs_kind_check,
      add constraint runs_kind_check check (kind in ('sync', 'backfill'));
    drop table pipeline.file_event_types;
    drop table pipeline.staging_positions;
    do $$
    declare staging text;
    begin
      for staging in select format('pipeline.staged_%s', file_id) from pipeline.imported_files loop
        execute 'drop table if exists ' || staging;
      end loop;
    end $$;
    drop table pipeline.imported_files`);
}
