import type { Knex } from 'knex';

type Columns = readonly (readonly [column: string, type: string, comment: string])[];

const account = ['account_id', 'bigint not null', 'MID of the business unit'] as const;
const job = ['job_id', 'bigint not null', 'JobID; joins tracking.jobs'] as const;
const changedAt = [
  'changed_at',
  'timestamptz not null',
  'when the refresher last wrote a different row; never earlier than that of a row it wrote before',
] as const;

const recipients: Columns = [
  account,
  job,
  ['batch_id', 'bigint not null', 'BatchID; 0 where the events name none'],
  ['subscriber_key', 'text not null', 'the person, exactly as sent; events without one are in no row'],
  ['sent_at', 'timestamptz', 'first sent event of this message; null where none was loaded'],
  ['last_sent_at', 'timestamptz', 'last sent event of this message'],
  ['list_id', 'bigint', 'ListID of the sent event, the lowest where the message was sent to several lists'],
  ['subscriber_id', 'bigint', 'SubscriberID, from the sent or the not-sent event'],
  ['not_sent_at', 'timestamptz', 'first not-sent event'],
  ['last_not_sent_at', 'timestamptz', 'last not-sent event'],
  ['first_open_at', 'timestamptz', 'first open, machines included'],
  ['last_open_at', 'timestamptz', 'last open, machines included'],
  ['first_human_open_at', 'timestamptz', 'first open that meets no rule of bi.engagement_rules'],
  ['last_human_open_at', 'timestamptz', 'last open that meets no rule'],
  ['first_click_at', 'timestamptz', 'first click, machines included'],
  ['last_click_at', 'timestamptz', 'last click, machines included'],
  ['first_human_click_at', 'timestamptz', 'first click that meets no rule of bi.engagement_rules'],
  ['last_human_click_at', 'timestamptz', 'last click that meets no rule'],
  ['bounced_at', 'timestamptz', 'first bounce'],
  ['last_bounced_at', 'timestamptz', 'last bounce'],
  ['unsubscribed_at', 'timestamptz', 'first unsubscribe'],
  ['last_unsubscribed_at', 'timestamptz', 'last unsubscribe'],
  ['unsubscribed_from_all_at', 'timestamptz', 'last unsubscribe from everything (IsMasterUnsubscribed)'],
  ['first_forward_at', 'timestamptz', 'first forward to a friend'],
  ['last_forward_at', 'timestamptz', 'last forward to a friend'],
  ['first_forward_opt_in_at', 'timestamptz', 'first opt-in of a friend'],
  ['last_forward_opt_in_at', 'timestamptz', 'last opt-in of a friend'],
  ['first_survey_at', 'timestamptz', 'first survey answer'],
  ['last_survey_at', 'timestamptz', 'last survey answer'],
  ['first_open_hash', 'bigint', 'which open is the first where several share its instant'],
  ['first_click_hash', 'bigint', 'which click is the first where several share its instant'],
  ['first_bounce_hash', 'bigint', 'which bounce is the first where several share its instant'],
  ['first_unsubscribe_hash', 'bigint', 'which unsubscribe is the first where several share its instant'],
  ['opens', 'integer not null', 'opens, machines included'],
  ['human_opens', 'integer not null', 'opens that meet no rule'],
  ['clicks', 'integer not null', 'clicks, machines included'],
  ['human_clicks', 'integer not null', 'clicks that meet no rule'],
  ['hard_bounces', 'integer not null', 'bounce events of kind HardBounce'],
  ['soft_bounces', 'integer not null', 'bounce events of kind SoftBounce; one for each retry'],
  ['other_bounces', 'integer not null', 'bounce events of any other kind'],
  ['unsubscribes', 'integer not null', 'unsubscribe events'],
  ['forwards', 'integer not null', 'forwards to a friend'],
  ['forward_opt_ins', 'integer not null', 'opt-ins of friends'],
  ['survey_answers', 'integer not null', 'survey answers'],
  ['is_first_open', 'boolean not null', 'the first open of this person in this job belongs to this message'],
  [
    'is_first_click',
    'boolean not null',
    'the first click of this person in this job belongs to this message',
  ],
  [
    'is_first_bounce',
    'boolean not null',
    'the first bounce of this person in this job belongs to this message',
  ],
  [
    'is_first_unsubscribe',
    'boolean not null',
    'the first unsubscribe of this person in this job belongs to this message',
  ],
  ['bounce_kind', 'text', 'HardBounce, SoftBounce or OtherBounce: hard before soft before any other'],
  ['bounce_category', 'text', 'category of the first bounce of that kind'],
];

const subscribers: Columns = [
  account,
  ['subscriber_key', 'text not null', 'the person, exactly as sent'],
  ['subscriber_id', 'bigint', 'SubscriberID, where a sent or not-sent event named it'],
  ['first_sent_at', 'timestamptz', 'first message'],
  ['last_sent_at', 'timestamptz', 'latest message'],
  ['first_open_at', 'timestamptz', 'first open, machines included'],
  ['last_open_at', 'timestamptz', 'latest open, machines included'],
  ['first_human_open_at', 'timestamptz', 'first open that meets no rule'],
  ['last_human_open_at', 'timestamptz', 'latest open that meets no rule'],
  ['first_click_at', 'timestamptz', 'first click, machines included'],
  ['last_click_at', 'timestamptz', 'latest click, machines included'],
  ['first_human_click_at', 'timestamptz', 'first click that meets no rule'],
  ['last_human_click_at', 'timestamptz', 'latest click that meets no rule'],
  ['first_bounced_at', 'timestamptz', 'first bounce'],
  ['last_bounced_at', 'timestamptz', 'latest bounce'],
  ['first_unsubscribed_at', 'timestamptz', 'first unsubscribe'],
  ['last_unsubscribed_at', 'timestamptz', 'latest unsubscribe'],
  ['unsubscribed_from_all_at', 'timestamptz', 'latest unsubscribe from everything'],
  ['last_forward_at', 'timestamptz', 'latest forward to a friend'],
  ['last_survey_at', 'timestamptz', 'latest survey answer'],
  ['sent', 'bigint not null', 'messages sent'],
  ['not_sent', 'bigint not null', 'messages held back'],
  ['delivered', 'bigint not null', 'messages sent and not bounced'],
  ['bounced', 'bigint not null', 'messages that bounced'],
  ['hard_bounced', 'bigint not null', 'messages that bounced hard'],
  ['opened', 'bigint not null', 'messages opened, machines included'],
  ['human_opened', 'bigint not null', 'messages with an open or a click that meets no rule'],
  ['clicked', 'bigint not null', 'messages clicked, machines included'],
  ['human_clicked', 'bigint not null', 'messages with a click that meets no rule'],
  ['opens', 'bigint not null', 'open events'],
  ['clicks', 'bigint not null', 'click events'],
  ['unsubscribes', 'bigint not null', 'unsubscribe events'],
  ['forwards', 'bigint not null', 'forward events'],
  ['survey_answers', 'bigint not null', 'survey answers'],
];

const jobTotals: Columns = [
  account,
  job,
  ['sent', 'bigint not null', 'messages sent: different pairs of batch and person'],
  ['delivered', 'bigint not null', 'messages sent and not bounced'],
  ['not_sent', 'bigint not null', 'messages held back'],
  ['bounced', 'bigint not null', 'messages that bounced; the sum of the next four'],
  ['hard_bounced', 'bigint not null', 'messages that bounced hard'],
  ['block_bounced', 'bigint not null', 'messages that did not bounce hard and whose category is a block'],
  ['soft_bounced', 'bigint not null', 'messages that bounced softly, neither hard nor blocked'],
  ['other_bounced', 'bigint not null', 'messages that bounced in any other way'],
  ['with_hard_bounce', 'bigint not null', 'messages with an event of kind HardBounce, as Send counts them'],
  ['with_soft_bounce', 'bigint not null', 'messages with an event of kind SoftBounce, as Send counts them'],
  ['with_other_bounce', 'bigint not null', 'messages with a bounce event of any other kind'],
  ['opened', 'bigint not null', 'messages opened, machines included'],
  ['human_opened', 'bigint not null', 'messages with an open or a click that meets no rule'],
  ['clicked', 'bigint not null', 'messages clicked, machines included'],
  ['human_clicked', 'bigint not null', 'messages with a click that meets no rule'],
  ['engaged', 'bigint not null', 'messages opened or clicked'],
  ['unsubscribed', 'bigint not null', 'messages that led to an unsubscribe'],
  ['recipients', 'bigint not null', 'people with a sent event'],
  ['openers', 'bigint not null', 'people with an open: UniqueOpens'],
  ['human_openers', 'bigint not null', 'people with an open or a click that meets no rule'],
  ['clickers', 'bigint not null', 'people with a click: UniqueClicks'],
  ['human_clickers', 'bigint not null', 'people with a click that meets no rule'],
  ['openers_or_clickers', 'bigint not null', 'people with an open or a click'],
  ['people_bounced', 'bigint not null', 'people with a bounce'],
  ['people_unsubscribed', 'bigint not null', 'people with an unsubscribe'],
  ['sent_events', 'bigint not null', 'sent events'],
  ['not_sent_events', 'bigint not null', 'not-sent events'],
  ['open_events', 'bigint not null', 'open events'],
  ['machine_opens', 'bigint not null', 'opens that meet a rule of bi.engagement_rules'],
  ['click_events', 'bigint not null', 'click events'],
  ['machine_clicks', 'bigint not null', 'clicks that meet a rule of bi.engagement_rules'],
  ['bounce_events', 'bigint not null', 'bounce events; a message that is retried bounces several times'],
  ['unsub_events', 'bigint not null', 'unsubscribe events'],
  ['forward_events', 'bigint not null', 'forward events'],
  ['forward_opt_in_events', 'bigint not null', 'opt-ins of friends'],
  ['survey_events', 'bigint not null', 'survey answers'],
  ['first_event_at', 'timestamptz', 'earliest event of any type'],
  ['last_event_at', 'timestamptz', 'latest event of any type'],
  ['links', 'bigint not null', 'tracked links known when the job was last computed; rules count them'],
  [
    'frozen_at',
    'timestamptz',
    'since when events of the job have been deleted by retention: its rollups are not computed again',
  ],
  changedAt,
];

const jobDays: Columns = [
  account,
  job,
  ['event_type', 'text not null', 'event type'],
  ['day', 'date not null', 'day of the events in the time zone of bi.settings'],
  ['events', 'bigint not null', 'events'],
  ['people', 'bigint not null', 'people whose first event of this type in this job fell on this day'],
  [
    'machine_events',
    'bigint not null',
    'events that meet a rule of bi.engagement_rules; opens and clicks only',
  ],
  [
    'human_people',
    'bigint not null',
    'of opens: people whose first human open or click fell on this day; of clicks: whose first human click did',
  ],
  ['first_at', 'timestamptz', 'earliest event of the day'],
  ['last_at', 'timestamptz', 'latest event of the day'],
  changedAt,
];

const jobHours: Columns = [
  account,
  job,
  ['hour', 'integer not null', 'whole hours since the person’s own message was sent; 720: 30 days or more'],
  ['opens', 'bigint not null', 'opens; those of messages without a sent event are not here'],
  ['machine_opens', 'bigint not null', 'opens that meet a rule'],
  ['first_opens', 'bigint not null', 'messages first opened in this hour'],
  [
    'human_first_opens',
    'bigint not null',
    'messages whose first open that meets no rule fell into this hour',
  ],
  ['clicks', 'bigint not null', 'clicks; those of messages without a sent event are not here'],
  ['machine_clicks', 'bigint not null', 'clicks that meet a rule'],
  ['first_clicks', 'bigint not null', 'messages first clicked in this hour'],
  [
    'human_first_clicks',
    'bigint not null',
    'messages whose first click that meets no rule fell into this hour',
  ],
  changedAt,
];

const linkTotals: Columns = [
  account,
  job,
  ['url_id', 'bigint not null', 'the link; joins tracking.links; 0 where the clicks name none'],
  ['clicks', 'bigint not null', 'clicks'],
  ['clickers', 'bigint not null', 'people who clicked it'],
  ['machine_clicks', 'bigint not null', 'clicks that meet a rule'],
  ['human_clickers', 'bigint not null', 'people with a click that meets no rule'],
  ['first_click_at', 'timestamptz', 'first click'],
  ['last_click_at', 'timestamptz', 'latest click'],
  changedAt,
];

const domainDays: Columns = [
  account,
  [
    'domain',
    'text not null',
    'domain of the address in lower case; people whose key is no address are in no row',
  ],
  ['day', 'date not null', 'day of the first sent event, in the time zone of bi.settings'],
  ['sent', 'bigint not null', 'messages sent'],
  ['delivered', 'bigint not null', 'messages sent and not bounced'],
  ['hard_bounced', 'bigint not null', 'messages that bounced hard'],
  ['block_bounced', 'bigint not null', 'messages that did not bounce hard and whose category is a block'],
  ['soft_bounced', 'bigint not null', 'messages that bounced softly, neither hard nor blocked'],
  ['other_bounced', 'bigint not null', 'messages that bounced in any other way'],
  ['opened', 'bigint not null', 'messages opened, machines included'],
  ['human_opened', 'bigint not null', 'messages with an open or a click that meets no rule'],
  ['clicked', 'bigint not null', 'messages clicked, machines included'],
  ['human_clicked', 'bigint not null', 'messages with a click that meets no rule'],
  ['unsubscribed', 'bigint not null', 'messages that led to an unsubscribe'],
];

const machineEvents: Columns = [
  account,
  job,
  ['batch_id', 'bigint not null', 'BatchID; 0 where the event names none'],
  ['subscriber_key', 'text not null', 'the person'],
  ['event_type', 'text not null', 'open or click'],
  ['occurred_at', 'timestamptz not null', 'when it happened'],
  ['url_id', 'bigint', 'the link of a click'],
  ['event_hash', 'bigint not null', 'tells events of one person, type and instant apart'],
  ['reasons', 'text[] not null', 'every rule of bi.engagement_rules that it meets'],
];

const tables: readonly (readonly [table: string, key: string, comment: string, columns: Columns])[] = [
  [
    'recipients',
    'account_id, job_id, subscriber_key, batch_id',
    'One row per message: account, job, batch and person, with what happened to it. Kept by the refresher.',
    recipients,
  ],
  [
    'subscribers',
    'account_id, subscriber_key',
    'One row per person and account, over all jobs. Kept by the refresher.',
    subscribers,
  ],
  ['job_totals', 'account_id, job_id', 'One row per job with events. Kept by the refresher.', jobTotals],
  [
    'job_days',
    'account_id, job_id, event_type, day',
    'Events per job, event type and day. Kept by the refresher.',
    jobDays,
  ],
  [
    'job_hours',
    'account_id, job_id, hour',
    'Opens and clicks per job and hour since the person’s own message was sent. Kept by the refresher.',
    jobHours,
  ],
  [
    'link_totals',
    'account_id, job_id, url_id',
    'Clicks per job and link. Kept by the refresher.',
    linkTotals,
  ],
  [
    'domain_days',
    'account_id, domain, day',
    'Messages per domain and day of sending. Kept by the refresher.',
    domainDays,
  ],
  [
    'machine_events',
    'account_id, job_id, event_type, occurred_at, event_hash',
    'Opens and clicks that meet a rule of bi.engagement_rules, with the reasons. The event tables stay as they are.',
    machineEvents,
  ],
];

export async function up(knex: Knex): Promise<void> {
  for (const [table, key, comment, columns] of tables) {
    const body = columns.map(([column, type]) => `${column} ${type}`).join(',\n');
    await knex.raw(`create table tracking.${table} (${body}, primary key (${key})) with (fillfactor = 90)`);
    await knex.raw(`comment on table tracking.${table} is '${comment}'`);
    for (const [column, , text] of columns)
      await knex.raw(`comment on column tracking.${table}.${column} is '${text}'`);
  }
  await knex.raw(`
    create index recipients_person on tracking.recipients (account_id, subscriber_key);
    create index job_days_day on tracking.job_days (day);
    create index domain_days_day on tracking.domain_days (day);`);
}

export async function down(knex: Knex): Promise<void> {
  for (const [table] of tables) await knex.raw(`drop table tracking.${table}`);
}
