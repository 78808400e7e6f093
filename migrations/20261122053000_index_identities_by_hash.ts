import type { Knex } from 'knex';

/** Each event table: what tells two of its events of one job and instant apart, and how that stood in the index. */
const eventTables: readonly (readonly [table: string, own: string, ownBefore: string])[] = [
  ['sent_events', ', list_id', ', list_id'],
  ['open_events', '', ''],
  ['click_events', ', url_id, url', ', url_id, hashtextextended(url, 0)'],
  ['bounce_events', ', bounce_kind, bounce_type, smtp_code', ', bounce_kind, bounce_type, smtp_code'],
  ['unsub_events', ', list_id, is_master_unsubscribed', ', list_id, is_master_unsubscribed'],
  ['not_sent_events', ', list_id', ', list_id'],
  ['forward_events', '', ''],
  ['forward_opt_in_events', ', opt_in_subscriber_key', ', opt_in_subscriber_key'],
  ['survey_events', ', question, answer', ', hashtextextended(question, 0), hashtextextended(answer, 0)'],
];

/**
 * Puts one hash into the identity for all that follows account, time and job: nearly half of the index less.
 *
 * With rows present it costs the building of one index per month and event type, one second or a few for a million
 * rows, and room for the old index and the new one side by side. Loads wait for the whole of it; readers only
 * for its last moment, in which the new indexes take the places of the old ones. All of it is one transaction:
 * broken off, it leaves everything as it was. Processes of an older version do not know the new index: stop
 * them first.
 */
export async function up(knex: Knex): Promise<void> {
  await replaceIdentities(
    knex,
    eventTables.map(([table, own]) => [
      table,
      `hash_record_extended(row(batch_id, subscriber_key${own}), 0)`,
    ]),
  );
}

/** At the same cost; refused while there is a text that is longer than an index entry, about 2,600 bytes. */
export async function down(knex: Knex): Promise<void> {
  await replaceIdentities(
    knex,
    eventTables.map(([table, , ownBefore]) => [table, `batch_id, subscriber_key${ownBefore}`]),
  );
}

async function replaceIdentities(
  knex: Knex,
  identities: readonly (readonly [table: string, afterJob: string])[],
): Promise<void> {
  for (const [table, afterJob] of identities) {
    await knex.raw(
      `create unique index ${table}_identity_next on tracking.${table}
         (account_id, occurred_at, job_id, ${afterJob}) nulls not distinct`,
    );
  }
  for (const [table] of identities) {
    await knex.raw(`
      drop index tracking.${table}_identity;
      alter index tracking.${table}_identity_next rename to ${table}_identity`);
  }
}
