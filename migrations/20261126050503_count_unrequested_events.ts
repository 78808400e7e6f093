import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.extract_tasks add column unrequested bigint not null default 0;
    comment on column pipeline.extract_tasks.unrequested is
      'events read that are of another job or of another date than was requested; they are loaded'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table pipeline.extract_tasks drop column unrequested');
}
