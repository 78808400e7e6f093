import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.accounts
      add column marks_set_back bigint not null default 0,
      add column marks_set_back_run bigint;
    comment on column pipeline.accounts.marks_set_back is
      'checkpoints and marks of discovery that lay in the future and were set back by the latest run that found any';
    comment on column pipeline.accounts.marks_set_back_run is 'that run';
    comment on column pipeline.accounts.clock_offset_ms is
      'Marketing Cloud’s clock less that of the database, by the latest response that told its time'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table pipeline.accounts drop column marks_set_back, drop column marks_set_back_run');
}
