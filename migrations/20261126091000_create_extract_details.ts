import type { Knex } from 'knex';

type Columns = readonly (readonly [column: string, type: string, comment: string])[];

const columns: Columns = [
  ['account_id', 'bigint not null', 'MID of the business unit'],
  ['event_type', 'text not null', 'open, click, unsub, not_sent or complaint'],
  [
    'occurred_at',
    'timestamptz not null',
    'when it happened, as the file says: to the millisecond or, where file_digits is 0, to the second',
  ],
  ['job_id', 'bigint not null', 'the send job; joins tracking.jobs'],
  ['batch_id', 'bigint', 'BatchID as the file says it: of a list send 0 or 1'],
  ['subscriber_key', 'text', 'the person, exactly as sent'],
  ['url_id', 'bigint', 'the link of a click; joins tracking.links'],
  ['url_hash', 'bigint', 'hash of the URL of a click, for files that do not say URLID'],
  ['list_id', 'bigint', 'the list that the person was mailed from (open, click, complaint)'],
  ['subscriber_id', 'bigint', 'SubscriberID (open, click, complaint)'],
  ['send_url_id', 'bigint', 'SendURLID (click)'],
  [
    'is_unique',
    'boolean',
    'IsUnique as Marketing Cloud saw it: the first of the person in the job (open, click)',
  ],
  ['is_unique_for_url', 'boolean', 'IsUniqueForURL: the first of the person on this link (click)'],
  ['country', 'text', 'where the address of the device is (open, click), as are the next six'],
  ['region', 'text', 'state or region'],
  ['city', 'text', 'city'],
  ['latitude', 'double precision', 'latitude of the city'],
  ['longitude', 'double precision', 'longitude of the city'],
  ['metro_code', 'text', 'metropolitan area, United States'],
  ['area_code', 'text', 'telephone area, United States'],
  ['browser', 'text', 'browser (open, click)'],
  ['email_client', 'text', 'e-mail client (open, click)'],
  ['operating_system', 'text', 'operating system (open, click)'],
  ['device', 'text', 'device (open, click)'],
  ['reason', 'text', 'why the person unsubscribed (unsub), why the message was held back (not_sent)'],
  ['file_digits', 'smallint not null', 'fraction digits of the time in the file; 0: whole seconds'],
  ['event_hash', 'bigint not null', 'tells events of one second apart: job, person, batch and link'],
  ['number', 'integer not null', 'tells events apart that are equal in all of that'],
  ['loaded_at', 'timestamptz not null default now()', 'when this row was written'],
];

const about =
  'What Tracking Extracts say of events besides what SOAP says: device, place, reasons, complaints. Filled with EXTRACT_DETAILS=on; bi.event_details joins it with the events. Partitioned by month of occurred_at (UTC).';

/**
 * A side table, so that events are as wide as SOAP makes them. Rows are keyed by what the event is in both roads' words,
 * not by a row of an event table: one that SOAP brings takes the place of one that a file brought.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table tracking.extract_details (
      ${columns.map(([column, type]) => `${column} ${type}`).join(',\n')}
    ) partition by range (occurred_at);
    create unique index extract_details_identity on tracking.extract_details
      (account_id, occurred_at, event_type, event_hash, file_digits, number);
    create index extract_details_job on tracking.extract_details (job_id, event_type);
    create index extract_details_person on tracking.extract_details (subscriber_key);
    comment on table tracking.extract_details is '${about}'`);
  for (const [column, , text] of columns)
    await knex.raw(`comment on column tracking.extract_details.${column} is '${text}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table tracking.extract_details cascade');
}
