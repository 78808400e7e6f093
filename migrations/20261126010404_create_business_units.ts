import type { Knex } from 'knex';

const counters: readonly (readonly [column: string, comment: string])[] = [
  ['number_targeted', 'NumberTargeted'],
  ['number_sent', 'NumberSent'],
  ['number_delivered', 'NumberDelivered: sent less bounced'],
  ['number_errored', 'NumberErrored'],
  ['number_excluded', 'NumberExcluded'],
  ['duplicates', 'Duplicates'],
  ['invalid_addresses', 'InvalidAddresses'],
  ['existing_undeliverables', 'ExistingUndeliverables'],
  ['existing_unsubscribes', 'ExistingUnsubscribes'],
  ['missing_addresses', 'MissingAddresses'],
  ['hard_bounces', 'HardBounces'],
  ['soft_bounces', 'SoftBounces'],
  ['other_bounces', 'OtherBounces'],
  ['unique_opens', 'UniqueOpens: people, not events'],
  ['unique_clicks', 'UniqueClicks: people, not events'],
  ['forwarded_emails', 'ForwardedEmails'],
  ['unsubscribes', 'Unsubscribes'],
];

const comments: readonly (readonly [column: string, comment: string])[] = [
  ['business_units.account_id', 'MID of the business unit'],
  ['business_units.name', 'its name'],
  ['business_units.parent_id', 'MID of the business unit above it; null for the topmost'],
  ['job_counter_days.account_id', 'MID of the business unit'],
  ['job_counter_days.job_id', 'JobID; joins tracking.jobs'],
  ['job_counter_days.day', 'day (UTC) on which the counters were read'],
  ['job_counter_days.counters_at', 'when they were last read on that day'],
  ...counters.map(([column, comment]) => [`job_counter_days.${column}`, comment] as const),
];

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table tracking.business_units (
      account_id bigint primary key,
      name text,
      parent_id bigint
    );
    comment on table tracking.business_units is 'Business units and their names.';
    create table tracking.job_counter_days (
      account_id bigint not null,
      job_id bigint not null,
      day date not null,
      counters_at timestamptz not null,
      ${counters.map(([column]) => `${column} bigint,`).join(' ')}
      primary key (account_id, job_id, day)
    );
    comment on table tracking.job_counter_days is
      'How the counters of tracking.jobs moved: as they stood at the last reading of each day.'`);
  for (const [column, comment] of comments)
    await knex.raw(`comment on column tracking.${column} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table tracking.job_counter_days, tracking.business_units');
}
