import type { Knex } from 'knex';

const common = `
  account_id bigint not null,
  occurred_at timestamptz not null,
  job_id bigint not null,
  batch_id bigint,
  triggered_send_id uuid`;

const identityStart = 'account_id, occurred_at, job_id, batch_id, subscriber_key';

/** Each event table: its own columns, and what its identity has beyond the common start. */
const eventTables: readonly (readonly [table: string, own: string, ownIdentity: string, comment: string])[] =
  [
    ['sent_events', 'list_id bigint, subscriber_id bigint,', ', list_id', 'A message left for a subscriber.'],
    ['open_events', '', '', 'A message was opened; repeat opens are separate events.'],
    [
      'click_events',
      'url_id bigint, url text,',
      ', url_id, hashtextextended(url, 0)',
      'A tracked link was followed; repeat clicks are separate events.',
    ],
    [
      'bounce_events',
      'bounce_kind text, bounce_category text, bounce_type text, smtp_code text, smtp_reason text,',
      ', bounce_kind, bounce_type, smtp_code',
      'A message came back.',
    ],
    [
      'unsub_events',
      'list_id bigint, is_master_unsubscribed boolean,',
      ', list_id, is_master_unsubscribed',
      'A subscriber opted out.',
    ],
    ['not_sent_events', 'list_id bigint, subscriber_id bigint,', ', list_id', 'A message was held back.'],
    ['forward_events', '', '', 'A message was forwarded to a friend.'],
    [
      'forward_opt_in_events',
      'opt_in_subscriber_key text,',
      ', opt_in_subscriber_key',
      'A friend who was forwarded a message opted in.',
    ],
    [
      'survey_events',
      'question text, answer text,',
      ', hashtextextended(question, 0), hashtextextended(answer, 0)',
      'A survey question was answered.',
    ],
  ];

const columnComments: Readonly<Record<string, string>> = {
  account_id: 'MID of the business unit',
  occurred_at: 'when it happened, converted from fixed UTC-06:00',
  job_id: 'the send job (SendID); joins tracking.jobs',
  batch_id: 'BatchID within the job; ties a triggered mail to its opens and clicks',
  triggered_send_id: 'ObjectID of the triggered send definition; null for list sends',
  subscriber_key: 'the customer’s own id of the person, exactly as sent; may be an e-mail address',
  loaded_at: 'when this row was written',
  list_id: 'the list the person was mailed or unsubscribed from',
  subscriber_id: 'Marketing Cloud’s numeric id of the person',
  url_id: 'the link within the job; joins tracking.links',
  url: 'the link as followed, personalisation expanded',
  bounce_kind: 'HardBounce, SoftBounce or OtherBounce (EventType)',
  bounce_category: 'Marketing Cloud’s category, e.g. Hard bounce - User Unknown',
  bounce_type: 'immediate or delayed',
  smtp_code: 'SMTP reply code',
  smtp_reason: 'the receiving server’s text; free-form, may contain addresses',
  is_master_unsubscribed: 'true: from everything; false: from list_id only',
  opt_in_subscriber_key: 'key of the friend who opted in',
  question: 'survey question',
  answer: 'survey answer',
};

export async function up(knex: Knex): Promise<void> {
  await knex.raw(
    `create schema tracking; comment on schema tracking is 'Tracking events and their dimensions; stable, for BI.'`,
  );
  for (const [table, own, ownIdentity, comment] of eventTables) {
    await knex.raw(`
      create table tracking.${table} (
        ${common},
        ${own}
        loaded_at timestamptz not null default now(),
        subscriber_key text
      ) partition by range (occurred_at);
      create unique index ${table}_identity on tracking.${table} (${identityStart}${ownIdentity}) nulls not distinct;
      create index ${table}_job on tracking.${table} (job_id);
      comment on table tracking.${table} is '${comment} One row per event; partitioned by month of occurred_at (UTC).'`);
    const { rows } = await knex.raw<{ rows: { column_name: string }[] }>(
      `select column_name from information_schema.columns where table_schema = 'tracking' and table_name = ?`,
      [table],
    );
    for (const { column_name: column } of rows)
      await knex.raw(`comment on column tracking.${table}.${column} is '${columnComments[column] ?? ''}'`);
  }
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop schema tracking cascade');
}
