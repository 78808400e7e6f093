import type { Knex } from 'knex';

const comments: Readonly<Record<string, string>> = {
  day: 'day (UTC) on which the requests left',
  account_id: 'MID of the business unit',
  kind: 'Retrieve, another SOAP action, or token: a request of the token service',
  requests: 'requests that left, retries and refused ones included',
};

/** What counts against the yearly allowance of API calls: requests by day, account and kind. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pipeline.request_days (
      day date not null,
      account_id bigint not null,
      kind text not null,
      requests bigint not null,
      primary key (day, account_id, kind)
    ) with (fillfactor = 70);
    comment on table pipeline.request_days is
      'Requests to Marketing Cloud by day, kept for two years; written every five seconds.'`);
  for (const [column, comment] of Object.entries(comments))
    await knex.raw(`comment on column pipeline.request_days.${column} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table pipeline.request_days');
}
