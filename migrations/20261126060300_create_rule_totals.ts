import type { Knex } from 'knex';

const columns = [
  ['account_id', 'bigint not null', 'MID of the business unit'],
  ['job_id', 'bigint not null', 'JobID; joins tracking.jobs'],
  ['event_type', 'text not null', 'open or click'],
  ['rule', 'text not null', 'rule of bi.engagement_rules'],
  ['events', 'bigint not null', 'events that meet it'],
  ['people', 'bigint not null', 'people with such an event'],
  [
    'changed_at',
    'timestamptz not null',
    'when the refresher last wrote a different row; never earlier than that of a row it wrote before',
  ],
] as const;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table tracking.rule_totals (
      ${columns.map(([column, type]) => `${column} ${type}`).join(',\n')},
      primary key (account_id, job_id, event_type, rule)
    )
  `);
  await knex.raw(
    `comment on table tracking.rule_totals is 'Opens and clicks per job that meet each rule of bi.engagement_rules. Kept by the refresher.'`,
  );
  for (const [column, , text] of columns)
    await knex.raw(`comment on column tracking.rule_totals.${column} is '${text}'`);
  // No rules have this text: every account is computed anew by the next refresh.
  await knex.raw(`update pipeline.rollup_state set rules = ''`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table tracking.rule_totals cascade');
}
