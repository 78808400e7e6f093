import type { Knex } from 'knex';

type Columns = readonly (readonly [column: string, type: string, comment: string])[];

const privacy: Columns = [
  ['only_row', 'boolean primary key default true check (only_row)', 'there is one row'],
  [
    'version',
    'bigint not null default 0',
    'grows with each person who is forgotten, and with a change of bi.settings.subscriber_key_mode',
  ],
  [
    'digest_key',
    'text',
    'random key of the digests in pipeline.forgotten_people; null until a first person is forgotten',
  ],
  [
    'secret_check',
    'text',
    'says whether SUBSCRIBER_KEY_SECRET is the one that the stored keys were made with',
  ],
  ['updated_at', 'timestamptz not null default now()', 'last change of this row'],
];

const forgottenPeople: Columns = [
  [
    'digest',
    'bytea primary key',
    'SHA-256 of pipeline.privacy.digest_key and the subscriber key as it is stored',
  ],
  ['version', 'bigint not null', 'pipeline.privacy.version since which the person is kept out'],
  ['forgotten_at', 'timestamptz not null default now()', 'when'],
];

const forgottenEvents: Columns = [
  ['account_id', 'bigint not null', 'MID'],
  ['job_id', 'bigint not null', 'JobID'],
  ['event_type', 'text not null', 'event type'],
  [
    'events',
    'bigint not null',
    'events that were erased, and those that were kept out, each as often as it was read',
  ],
];

const frozenPeople: Columns = [
  ['account_id', 'bigint not null', 'MID'],
  ['subscriber_key', 'text not null', 'the person'],
  ['job_id', 'bigint not null', 'JobID'],
  ['first_at', 'timestamptz not null', 'the earliest such event of the person'],
  ['last_at', 'timestamptz not null', 'the latest'],
];

const tables: readonly (readonly [table: string, key: string, comment: string, columns: Columns])[] = [
  ['privacy', '', 'One row: what people’s keys are stored and forgotten with.', privacy],
  [
    'forgotten_people',
    '',
    'Digests of people who were forgotten: their events are not loaded again.',
    forgottenPeople,
  ],
  [
    'forgotten_events',
    'primary key (account_id, job_id, event_type)',
    'Events of people who were forgotten, by job: bi.completeness does not miss them.',
    forgottenEvents,
  ],
  [
    'frozen_people',
    'primary key (account_id, subscriber_key, job_id)',
    'People with events of frozen jobs that were loaded after the freeze, so that they are in no rollup.',
    frozenPeople,
  ],
];

/** What `forget` and `SUBSCRIBER_KEY_MODE` need. A page commits only under the version it was read with. */
export async function up(knex: Knex): Promise<void> {
  for (const [table, key, comment, columns] of tables) {
    const body = [...columns.map(([column, type]) => `${column} ${type}`), ...(key === '' ? [] : [key])];
    await knex.raw(`create table pipeline.${table} (${body.join(',\n')})`);
    await knex.raw(`comment on table pipeline.${table} is '${comment}'`);
    for (const [column, , text] of columns)
      await knex.raw(`comment on column pipeline.${table}.${column} is '${text}'`);
  }
  await knex.raw(`
    insert into pipeline.privacy default values;
    alter table pipeline.extract_tasks add column privacy_version bigint not null default 0;
    comment on column pipeline.extract_tasks.privacy_version is
      'pipeline.privacy.version that its pages have to be read with';
    alter table bi.settings add column subscriber_key_mode text not null default 'plain'
      check (subscriber_key_mode in ('plain', 'hmac'));
    comment on column bi.settings.subscriber_key_mode is
      'plain: subscriber keys are stored as sent; hmac: as keyed hashes; set by the first command that loads events';
    create index forward_opt_in_events_friend on tracking.forward_opt_in_events
      (hashtextextended(opt_in_subscriber_key, 0)) where opt_in_subscriber_key is not null`);
}

/** Forgotten people come back with the next overlap, full re-read or backfill. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index tracking.forward_opt_in_events_friend;
    alter table bi.settings drop column subscriber_key_mode;
    alter table pipeline.extract_tasks drop column privacy_version`);
  for (const [table] of tables) await knex.raw(`drop table pipeline.${table}`);
}
