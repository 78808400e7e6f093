import type { Knex } from 'knex';

/** One name for reading a job from its first instant: full read, and full re-read where it is done again. */
export async function up(knex: Knex): Promise<void> {
  await renameOrigin(knex, 'deep_read', 'full_reread');
  await knex.raw(`
    alter table pipeline.extract_tasks rename column is_whole to is_full_read;
    alter table pipeline.checkpoints rename column whole_read_at to full_read_at;
    comment on column pipeline.checkpoints.full_read_at is 'when the job was last read in full, from its first instant'`);
}

export async function down(knex: Knex): Promise<void> {
  await renameOrigin(knex, 'full_reread', 'deep_read');
  await knex.raw(`
    alter table pipeline.extract_tasks rename column is_full_read to is_whole;
    alter table pipeline.checkpoints rename column full_read_at to whole_read_at;
    comment on column pipeline.checkpoints.whole_read_at is 'when the job was last read whole, from its first instant'`);
}

async function renameOrigin(knex: Knex, from: string, to: string): Promise<void> {
  await knex.raw(`
    alter table pipeline.extract_tasks drop constraint extract_tasks_origin_check;
    update pipeline.extract_tasks set origin = '${to}' where origin = '${from}';
    alter table pipeline.extract_tasks
      add constraint extract_tasks_origin_check check (origin in ('sync', 'backfill', '${to}'))`);
}
