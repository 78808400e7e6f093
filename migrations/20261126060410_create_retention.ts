import type { Knex } from 'knex';

/** From when events of each type are kept, as RETENTION_MONTHS says. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pipeline.retention (
      event_type text primary key,
      kept_from timestamptz not null
    );
    comment on table pipeline.retention is 'From when events are kept, by event type; one without a row keeps all.';
    comment on column pipeline.retention.event_type is 'event type with a limit in RETENTION_MONTHS';
    comment on column pipeline.retention.kept_from is 'events before this instant are deleted, and not loaded again'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table pipeline.retention');
}
