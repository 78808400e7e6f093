import type { Knex } from 'knex';

/** The role BI tools use: may read `tracking` and `bi`, nothing else. Made where the connecting role may. */
const grants = `
  grant usage on schema tracking, bi to sfmc_tracking_reader;
  grant select on all tables in schema tracking, bi to sfmc_tracking_reader;
  alter default privileges in schema tracking, bi grant select on tables to sfmc_tracking_reader;`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw('create schema bi');
  await knex.raw(`comment on schema bi is 'Views for analysts.'`);
  await knex.raw(`
    do $do$
    begin
      if not exists (select from pg_roles where rolname = 'sfmc_tracking_reader') then
        begin
          create role sfmc_tracking_reader nologin;
        exception when duplicate_object or unique_violation then null; -- another database of this server was first
        end;
      end if;
      ${grants}
    exception when insufficient_privilege then
      raise notice 'sfmc_tracking_reader was not created: this role may not create roles';
    end
    $do$`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop schema bi cascade');
}
