import type { Knex } from 'knex';

const comments: Readonly<Record<string, string>> = {
  alert: 'what it is about, such as gate or parked:7000001:click',
  text: 'the sentence that people receive',
  began_at: 'when it was first seen',
  notified_at: 'when the webhook accepted it; null: not yet, it is sent again each minute',
};

/** Alerts that are on: a row goes when it is over and the webhook accepted that. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pipeline.alerts (
      alert text primary key,
      text text not null,
      began_at timestamptz not null default now(),
      notified_at timestamptz
    );
    comment on table pipeline.alerts is 'Alerts that are on, where ALERT_WEBHOOK_URL is set.'`);
  for (const [column, comment] of Object.entries(comments))
    await knex.raw(`comment on column pipeline.alerts.${column} is '${comment}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table pipeline.alerts');
}
