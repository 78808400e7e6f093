import type { Knex } from 'knex';

/** Records of `Send` that could not be read are listed under the dimension they belong to, which is `job`. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`update pipeline.rejected_records set event_type = 'job' where event_type = 'send'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`update pipeline.rejected_records set event_type = 'send' where event_type = 'job'`);
}
