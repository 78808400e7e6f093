import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pipeline.endpoints (
      origin text primary key,
      responded_at timestamptz not null default now());
    comment on table pipeline.endpoints is
      'Services of Marketing Cloud that have responded as such at least once: one that never has is a wrong setting, not an outage.';
    comment on column pipeline.endpoints.origin is 'scheme, host and port of a token service or a SOAP service';
    comment on column pipeline.endpoints.responded_at is 'its first response'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table pipeline.endpoints');
}
