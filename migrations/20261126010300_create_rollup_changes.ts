import type { Knex } from 'knex';

const comments: Readonly<Record<string, string>> = {
  change_id: 'order of writing; lines with a smaller number may commit later',
  account_id: 'MID',
  event_type: 'event type of the rows',
  job_id: 'JobID of the rows',
  first_at: 'earliest occurred_at of the rows',
  last_at: 'latest occurred_at of the rows',
  recorded_at: 'start of the transaction that inserted the rows',
};

/** The log of what loading changed. Append-only: a set of changed keys would lose updates. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pipeline.rollup_changes (
      change_id bigint generated always as identity primary key,
      account_id bigint not null,
      event_type text not null,
      job_id bigint,
      first_at timestamptz not null,
      last_at timestamptz not null,
      recorded_at timestamptz not null default now()
    );
    comment on table pipeline.rollup_changes is
      'What loading changed: one line per page, event type and job with new rows. The refresher takes lines away.';`);
  for (const [column, comment] of Object.entries(comments))
    await knex.raw(`comment on column pipeline.rollup_changes.${column} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table pipeline.rollup_changes');
}
