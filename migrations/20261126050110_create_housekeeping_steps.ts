import type { Knex } from 'knex';

const comments: Readonly<Record<string, string>> = {
  step: 'name of the step',
  process_id: 'the process that executed it last',
  started_at: 'when its last execution began',
  finished_at: 'when its last execution ended; null: it is going on, or its process stopped or died',
  succeeded_at: 'when an execution last succeeded',
  failure: 'why the last execution failed; null: it did not',
  result: 'what the last successful execution counted',
};

/** What housekeeping did and when: one row for each of its steps. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pipeline.housekeeping_steps (
      step text primary key,
      process_id integer not null,
      started_at timestamptz not null,
      finished_at timestamptz,
      succeeded_at timestamptz,
      failure text,
      result jsonb
    );
    comment on table pipeline.housekeeping_steps is 'What housekeeping did and when, by step.'`);
  for (const [column, comment] of Object.entries(comments))
    await knex.raw(`comment on column pipeline.housekeeping_steps.${column} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table pipeline.housekeeping_steps');
}
