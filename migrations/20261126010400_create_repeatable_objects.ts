import type { Knex } from 'knex';

const comments: Readonly<Record<string, string>> = {
  name: 'the view, with its schema',
  checksum: 'SHA-256 of the statements that made it',
  applied_at: 'when they were last run',
};

/** Views are no part of this history: the program makes them from their files, and makes anew what changed. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pipeline.repeatable_objects (
      name text primary key,
      checksum text not null,
      applied_at timestamptz not null default now()
    );
    comment on table pipeline.repeatable_objects is
      'Views that migrate makes from their files, and from which version of the file.'`);
  for (const [column, comment] of Object.entries(comments))
    await knex.raw(`comment on column pipeline.repeatable_objects.${column} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  const { rows } = await knex.raw<{ rows: { name: string }[] }>(
    'select name from pipeline.repeatable_objects',
  );
  if (rows.length > 0)
    await knex.raw(`drop view if exists ${rows.map(({ name }) => name).join(', ')} cascade`);
  await knex.raw('drop table pipeline.repeatable_objects');
}
