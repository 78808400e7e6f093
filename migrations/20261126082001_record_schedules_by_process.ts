import type { Knex } from 'knex';

/** Each process that serves a schedule has a row: two with different schedules no longer overwrite each other's. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table pipeline.schedule drop column only_row, add primary key (process_id);
    -- Each process writes its own: no longer a step that one process executes for all.
    delete from pipeline.housekeeping_steps where step = 'record-schedule';
    comment on table pipeline.schedule is 'Schedules as the processes that serve them last wrote them.';`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    delete from pipeline.schedule
    where process_id <> (select process_id from pipeline.schedule order by updated_at desc, process_id desc limit 1);
    alter table pipeline.schedule drop constraint schedule_pkey,
      add column only_row boolean primary key default true check (only_row);
    comment on column pipeline.schedule.only_row is 'there is one row';
    comment on table pipeline.schedule is 'The schedule as the process that serves it last wrote it.';`);
}
