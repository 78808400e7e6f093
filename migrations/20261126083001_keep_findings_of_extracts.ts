import type { Knex } from 'knex';

/** What a comparison with an extract found, kept until the command that requested it is done. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.extract_requests add column findings jsonb;
    comment on column pipeline.extract_requests.findings is
      'what the comparison of its archive with the events found, by job and event type; null: imported, or not compared yet'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table pipeline.extract_requests drop column findings');
}
