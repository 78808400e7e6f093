import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.extract_tasks add column failure jsonb;
    comment on column pipeline.extract_tasks.failure is
      'what the last failure knew besides its text: requestId of the failing response, httpStatus, byteOffset, sqlState and so on'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table pipeline.extract_tasks drop column failure');
}
