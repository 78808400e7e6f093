import type { Knex } from 'knex';

/** What a backfill planned is spread over the runs that continued each other: they have to be found together. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.runs add column continues_run_id bigint;
    comment on column pipeline.runs.continues_run_id is
      'the run of the same backfill that this one continued; null where it began afresh'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table pipeline.runs drop column continues_run_id');
}
