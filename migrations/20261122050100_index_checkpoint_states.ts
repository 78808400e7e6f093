import type { Knex } from 'knex';

/** Most checkpoints are complete or closed; `status` only counts those, and reads the open ones. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('create index checkpoints_state on pipeline.checkpoints (state, account_id, event_type)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index pipeline.checkpoints_state');
}
