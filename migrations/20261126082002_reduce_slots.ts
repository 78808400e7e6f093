import type { Knex } from 'knex';

const comments: Readonly<Record<string, string>> = {
  slots_reduced_to:
    'Retrieves that were allowed in flight when this was last reduced; one more every five minutes since',
  slots_reduced_from: 'CONCURRENCY_PER_ACCOUNT at that time: where it ends',
  slots_reduced_at: 'when that was; null: never',
  slots_reduced_by: 'the failure that caused it: RATE_LIMITED or RETRIEVE_TIMED_OUT',
};

/** How many Retrieves of an account may be in flight follows what Marketing Cloud bears, over all processes. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.accounts
      drop column slowed_until,
      add column slots_reduced_to integer,
      add column slots_reduced_from integer,
      add column slots_reduced_at timestamptz,
      add column slots_reduced_by text`);
  for (const [column, comment] of Object.entries(comments))
    await knex.raw(`comment on column pipeline.accounts.${column} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.accounts
      drop column slots_reduced_to, drop column slots_reduced_from,
      drop column slots_reduced_at, drop column slots_reduced_by,
      add column slowed_until timestamptz;
    comment on column pipeline.accounts.slowed_until is 'until then the account has half of its slots'`);
}
