import type { Knex } from 'knex';

type Columns = readonly (readonly [column: string, type: string, comment: string])[];

const account = ['account_id', 'bigint not null', 'MID of the business unit'] as const;
const countersAt = ['counters_at', 'timestamptz', 'when the counters were read'] as const;

const jobs: Columns = [
  account,
  ['job_id', 'bigint not null', 'JobID: ID of the Send, SendID of its events'],
  ['email_id', 'bigint', 'Email.ID'],
  ['email_name', 'text', 'EmailName, without its padding'],
  ['subject', 'text', 'Subject, without its padding'],
  ['from_name', 'text', 'FromName'],
  ['from_address', 'text', 'FromAddress'],
  ['status', 'text', 'Status as sent, e.g. Complete'],
  ['is_triggered', 'boolean not null default false', 'events of a triggered send were seen on this job'],
  ['triggered_send_id', 'uuid', 'its triggered send definition, as seen on its events'],
  ['scheduled_at', 'timestamptz', 'SendDate: when the send was scheduled to start'],
  ['sent_at', 'timestamptz', 'SentDate: when the send was completed'],
  ['created_at', 'timestamptz', 'CreatedDate'],
  ['modified_at', 'timestamptz', 'ModifiedDate'],
  ['number_targeted', 'bigint', 'NumberTargeted'],
  ['number_sent', 'bigint', 'NumberSent'],
  ['number_delivered', 'bigint', 'NumberDelivered: sent less bounced'],
  ['number_errored', 'bigint', 'NumberErrored'],
  ['number_excluded', 'bigint', 'NumberExcluded'],
  ['duplicates', 'bigint', 'Duplicates'],
  ['invalid_addresses', 'bigint', 'InvalidAddresses'],
  ['existing_undeliverables', 'bigint', 'ExistingUndeliverables'],
  ['existing_unsubscribes', 'bigint', 'ExistingUnsubscribes'],
  ['missing_addresses', 'bigint', 'MissingAddresses'],
  ['hard_bounces', 'bigint', 'HardBounces'],
  ['soft_bounces', 'bigint', 'SoftBounces'],
  ['other_bounces', 'bigint', 'OtherBounces'],
  ['unique_opens', 'bigint', 'UniqueOpens: people, not events'],
  ['unique_clicks', 'bigint', 'UniqueClicks: people, not events'],
  ['forwarded_emails', 'bigint', 'ForwardedEmails'],
  ['unsubscribes', 'bigint', 'Unsubscribes'],
  countersAt,
  ['last_event_at', 'timestamptz', 'the latest loaded event of any type; keeps the job open'],
  ['is_stub', 'boolean not null default false', 'known only from an event so far; no Send was read'],
  ['first_seen_at', 'timestamptz not null default now()', 'when this job was first met'],
];

const links: Columns = [
  account,
  ['job_id', 'bigint not null', 'JobID'],
  ['url_id', 'bigint not null', 'Link.ID; joins click_events.url_id within the job'],
  ['url', 'text', 'Link.URL, before personalisation'],
  ['alias', 'text', 'Link.Alias'],
  ['total_clicks', 'bigint', 'Link.TotalClicks'],
  ['unique_clicks', 'bigint', 'Link.UniqueClicks'],
  countersAt,
];

const lists: Columns = [
  account,
  ['job_id', 'bigint not null', 'JobID'],
  ['list_id', 'bigint not null', 'List.ID'],
  ['list_name', 'text', 'List.ListName'],
  ['number_sent', 'bigint', 'NumberSent to this list'],
  ['number_delivered', 'bigint', 'NumberDelivered to this list'],
  ['unique_opens', 'bigint', 'UniqueOpens on this list'],
  ['unique_clicks', 'bigint', 'UniqueClicks on this list'],
  ['unsubscribes', 'bigint', 'Unsubscribes from this list'],
  countersAt,
];

const triggeredSends: Columns = [
  account,
  ['triggered_send_id', 'uuid not null', 'ObjectID of the definition; joins triggered_send_id of events'],
  ['customer_key', 'text', 'CustomerKey'],
  ['name', 'text', 'Name'],
  ['status', 'text', 'TriggeredSendStatus as sent, e.g. Active'],
  ['created_at', 'timestamptz', 'CreatedDate'],
  ['modified_at', 'timestamptz', 'ModifiedDate'],
  ['sent', 'bigint', 'Sent, over all its jobs'],
  ['opens', 'bigint', 'Opens'],
  ['unique_opens', 'bigint', 'UniqueOpens'],
  ['clicks', 'bigint', 'Clicks'],
  ['unique_clicks', 'bigint', 'UniqueClicks'],
  ['bounces', 'bigint', 'Bounces'],
  countersAt,
];

const tables: readonly (readonly [table: string, key: string, comment: string, columns: Columns])[] = [
  ['jobs', 'account_id, job_id', 'Send jobs with Marketing Cloud’s own counters.', jobs],
  ['links', 'account_id, job_id, url_id', 'Tracked links of each job with their counters.', links],
  ['lists', 'account_id, job_id, list_id', 'Lists each job was sent to, with their counters.', lists],
  ['triggered_sends', 'account_id, triggered_send_id', 'Triggered send definitions.', triggeredSends],
];

export async function up(knex: Knex): Promise<void> {
  for (const [table, key, comment, columns] of tables) {
    const body = columns.map(([column, type]) => `${column} ${type}`).join(',\n');
    await knex.raw(`create table tracking.${table} (${body}, primary key (${key})) with (fillfactor = 80)`);
    await knex.raw(`comment on table tracking.${table} is '${comment}'`);
    for (const [column, , text] of columns)
      await knex.raw(`comment on column tracking.${table}.${column} is '${text}'`);
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const [table] of tables) await knex.raw(`drop table tracking.${table}`);
}
