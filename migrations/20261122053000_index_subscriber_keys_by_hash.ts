import type { Knex } from 'knex';

/** What each event table's identity has beyond the common start. */
const eventTables: readonly (readonly [table: string, ownIdentity: string])[] = [
  ['sent_events', ', list_id'],
  ['open_events', ''],
  ['click_events', ', url_id, hashtextextended(url, 0)'],
  ['bounce_events', ', bounce_kind, bounce_type, smtp_code'],
  ['unsub_events', ', list_id, is_master_unsubscribed'],
  ['not_sent_events', ', list_id'],
  ['forward_events', ''],
  ['forward_opt_in_events', ', opt_in_subscriber_key'],
  ['survey_events', ', hashtextextended(question, 0), hashtextextended(answer, 0)'],
];

/**
 * Puts the hash of the subscriber key into the identity in the key's stead: a third less index.
 *
 * With rows present it costs the building of one index per month and event type, one second or a few for a million
 * rows, and room for the old index and the new one side by side. Loads wait for the whole of it; readers only
 * for its last moment, in which the new indexes take the places of the old ones. All of it is one transaction:
 * broken off, it leaves everything as it was. Processes of an older version do not know the new index: stop
 * them first.
 */
export async function up(knex: Knex): Promise<void> {
  await replaceIdentities(knex, 'hashtextextended(subscriber_key, 0)');
}

/** At the same cost; refused while there is a key that is longer than an index entry, about 2,600 bytes. */
export async function down(knex: Knex): Promise<void> {
  await replaceIdentities(knex, 'subscriber_key');
}

async function replaceIdentities(knex: Knex, subscriber: string): Promise<void> {
  for (const [table, ownIdentity] of eventTables) {
    await knex.raw(
      `create unique index ${table}_identity_next on tracking.${table}
         (account_id, occurred_at, job_id, batch_id, ${subscriber}${ownIdentity}) nulls not distinct`,
    );
  }
  for (const [table] of eventTables) {
    await knex.raw(`
      drop index tracking.${table}_identity;
      alter index tracking.${table}_identity_next rename to ${table}_identity`);
  }
}
