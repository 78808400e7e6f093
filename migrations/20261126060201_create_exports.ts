import type { Knex } from 'knex';

const comments: readonly (readonly [object: string, comment: string])[] = [
  ['table pipeline.exports', 'Exports that go on from the last one of their name.'],
  ['column pipeline.exports.name', 'as given with --since-last'],
  ['column pipeline.exports.number', 'how many there have been; the files carry it'],
  ['column pipeline.exports.marks', 'by account: every change of a day before this instant is exported'],
  ['column pipeline.exports.exported_at', 'end of the last one'],
];

/** What exports of a name have written. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pipeline.exports (
      name text primary key,
      number integer not null,
      marks jsonb not null,
      exported_at timestamptz not null default now())`);
  for (const [object, comment] of comments) await knex.raw(`comment on ${object} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table pipeline.exports');
}
