import type { Knex } from 'knex';

type Columns = readonly (readonly [column: string, comment: string])[];

const listCounters: Columns = [
  ['duplicates', 'Duplicates on this list'],
  ['invalid_addresses', 'InvalidAddresses on this list'],
  ['existing_undeliverables', 'ExistingUndeliverables on this list'],
  ['existing_unsubscribes', 'ExistingUnsubscribes on this list'],
  ['missing_addresses', 'MissingAddresses on this list'],
  ['hard_bounces', 'HardBounces on this list'],
  ['soft_bounces', 'SoftBounces on this list'],
  ['other_bounces', 'OtherBounces on this list'],
  ['forwarded_emails', 'ForwardedEmails on this list'],
];

const summaryCounters: Columns = [
  ['not_sent_due_to_opt_out', 'NotSentDueToOptOut'],
  ['not_sent_due_to_undeliverable', 'NotSentDueToUndeliverable'],
  ['not_sent_due_to_error', 'NotSentDueToError'],
  ['opt_outs', 'OptOuts'],
  ['survey_responses', 'SurveyResponses'],
  ['forward_requests', 'FTAFRequests: forwards to a friend'],
  ['forward_emails_sent', 'FTAFEmailsSent'],
  ['forward_opt_ins', 'FTAFOptIns'],
  ['conversions', 'Conversions'],
  ['unique_conversions', 'UniqueConversions'],
];

const tables: readonly (readonly [table: string, columns: Columns])[] = [
  ['lists', listCounters],
  ['triggered_sends', summaryCounters],
];

export async function up(knex: Knex): Promise<void> {
  for (const [table, columns] of tables) {
    const added = columns.map(([column]) => `add column ${column} bigint`).join(', ');
    await knex.raw(`alter table tracking.${table} ${added}`);
    for (const [column, comment] of columns)
      await knex.raw(`comment on column tracking.${table}.${column} is '${comment}'`);
  }
  await knex.raw(`
    create table pipeline.dimension_readings (
      account_id bigint not null,
      dimension text not null,
      job_id bigint,
      read_at timestamptz not null,
      unique nulls not distinct (account_id, dimension, job_id)
    ) with (fillfactor = 80);
    comment on table pipeline.dimension_readings is 'When rows of a dimension were last read: decides when they are read again.';
    comment on column pipeline.dimension_readings.account_id is 'MID of the business unit';
    comment on column pipeline.dimension_readings.dimension is 'name of the dimension';
    comment on column pipeline.dimension_readings.job_id is 'the job whose rows were read; null: the latest reading of all';
    comment on column pipeline.dimension_readings.read_at is 'when that reading began';
    comment on table tracking.job_counter_days is
      'How the counters of tracking.jobs moved: one row per day on which they did, as they stood at its end.';
    comment on column tracking.job_counter_days.day is 'day (UTC) on which a reading found them changed';
    comment on column tracking.job_counter_days.counters_at is 'when they were first read as they stand here'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table pipeline.dimension_readings');
  for (const [table, columns] of tables) {
    const dropped = columns.map(([column]) => `drop column ${column}`).join(', ');
    await knex.raw(`alter table tracking.${table} ${dropped}`);
  }
}
