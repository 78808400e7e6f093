import type { Knex } from 'knex';

const comments: Readonly<Record<string, string>> = {
  only_row: 'there is one row',
  time_zone: 'days of the views begin in it; migrate sets it to REPORTING_TIMEZONE',
  updated_at: 'last change of this row',
};

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table bi.settings (
      only_row boolean primary key default true check (only_row),
      time_zone text not null default 'UTC',
      updated_at timestamptz not null default now()
    );
    insert into bi.settings default values;
    comment on table bi.settings is 'One row: what the views are computed with.'`);
  for (const [column, comment] of Object.entries(comments))
    await knex.raw(`comment on column bi.settings.${column} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table bi.settings');
}
