import type { Knex } from 'knex';

type Comments = readonly (readonly [name: string, comment: string])[];

const tolerances: Comments = [
  ['counter', 'the counter of bi.completeness'],
  ['event_type', 'the events that complete it'],
  ['wait_days', 'days after the send before which the counter is not judged'],
  [
    'equal_rows',
    'events that may be missing because they equal another in every field; null: not for this counter',
  ],
  ['equal_share', 'the same as a share of the counter; the larger of both counts'],
  ['tolerance_rows', 'difference that is accepted in either direction'],
  ['tolerance_share', 'the same as a share of the counter; the larger of both counts'],
  ['description', 'what is compared, and why it may differ'],
];

const deficits: Comments = [
  ['account_id', 'MID'],
  ['job_id', 'JobID'],
  ['event_type', 'the events that Marketing Cloud counts more of'],
  ['missing', 'the largest difference of a counter when it was found'],
  ['found_at', 'when it was found; a job that was read whole since is not read again for it'],
];

/** Completeness: how far a counter may differ, as data, and what a full re-read is due for. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table bi.counter_tolerances (
      counter text primary key,
      event_type text not null,
      wait_days integer not null check (wait_days >= 0),
      equal_rows integer check (equal_rows >= 0),
      equal_share numeric check (equal_share >= 0),
      tolerance_rows integer not null check (tolerance_rows >= 0),
      tolerance_share numeric not null check (tolerance_share >= 0),
      description text not null
    );
    create table pipeline.deficits (
      account_id bigint not null,
      job_id bigint not null,
      event_type text not null,
      missing bigint not null,
      found_at timestamptz not null,
      primary key (account_id, job_id, event_type)
    )`);
  await knex('bi.counter_tolerances').insert(firstTolerances);
  await commentOn(
    knex,
    'bi.counter_tolerances',
    'How far what is loaded may differ from Marketing Cloud’s own counters. Owners change it here.',
    tolerances,
  );
  await commentOn(
    knex,
    'pipeline.deficits',
    'Events that Marketing Cloud counts more of than are loaded: each is read again whole once, by the next sync.',
    deficits,
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table pipeline.deficits, bi.counter_tolerances');
}

async function commentOn(knex: Knex, table: string, comment: string, columns: Comments): Promise<void> {
  await knex.raw(`comment on table ${table} is '${comment}'`);
  for (const [column, text] of columns) await knex.raw(`comment on column ${table}.${column} is '${text}'`);
}

const exactly = { equal_rows: null, equal_share: null, tolerance_rows: 0, tolerance_share: 0 };
const people = { equal_rows: null, equal_share: null, tolerance_rows: 3, tolerance_share: 0.005 };

const firstTolerances = [
  {
    ...{ counter: 'number_sent', event_type: 'sent', wait_days: 1, ...exactly },
    description: 'NumberSent against sent events. CC and BCC messages have no event.',
  },
  {
    ...{ counter: 'number_delivered', event_type: 'bounce', wait_days: 4, ...people },
    description:
      'NumberDelivered against messages sent and not bounced. Bounces come for days; a delivery receipt after a bounce counts as delivered.',
  },
  {
    ...{ counter: 'hard_bounces', event_type: 'bounce', wait_days: 4, ...exactly },
    description: 'HardBounces against messages with such an event; retries count once.',
  },
  {
    ...{ counter: 'soft_bounces', event_type: 'bounce', wait_days: 4, ...exactly },
    description:
      'SoftBounces against messages with such an event; retries count once. Blocks may be counted as other bounces: then both together are compared.',
  },
  {
    ...{ counter: 'other_bounces', event_type: 'bounce', wait_days: 4, ...exactly },
    description: 'OtherBounces against messages with such an event; see soft_bounces.',
  },
  {
    ...{ counter: 'unique_opens', event_type: 'open', wait_days: 1, ...people },
    description:
      'UniqueOpens against people who opened, or people who opened or clicked, whichever is nearer: a click may count as an open.',
  },
  {
    ...{ counter: 'unique_clicks', event_type: 'click', wait_days: 1, ...people },
    description: 'UniqueClicks against people who clicked.',
  },
  {
    ...{ counter: 'link_total_clicks', event_type: 'click', wait_days: 1, ...exactly },
    ...{ equal_rows: 2, equal_share: 0.001 },
    description:
      'Link.TotalClicks against clicks, link by link: what is missing on one link is not made up by another. Clicks equal in every field are one row.',
  },
  {
    ...{ counter: 'link_unique_clicks', event_type: 'click', wait_days: 1, ...people },
    description: 'Link.UniqueClicks against people who clicked the link, link by link.',
  },
  {
    ...{ counter: 'unsubscribes', event_type: 'unsub', wait_days: 1, ...people },
    description: 'Unsubscribes against unsubscribe events. Those by complaint come late.',
  },
  {
    ...{ counter: 'forwarded_emails', event_type: 'forward', wait_days: 1, ...people },
    description: 'ForwardedEmails against forward events.',
  },
  {
    ...{ counter: 'not_sent', event_type: 'not_sent', wait_days: 1, ...people, tolerance_share: 0.02 },
    description:
      'NumberErrored, NumberExcluded, ExistingUnsubscribes, ExistingUndeliverables, Duplicates, InvalidAddresses and MissingAddresses together, against not-sent events. The counters may overlap.',
  },
];
