import type pg from 'pg';
import { eventCatalog } from '../../src/events/catalog.ts';
import { createPartitionKeeper } from '../../src/store/load/partitions.ts';
import type { Pool } from '../../src/store/connection/pool.ts';

/** Jobs over a year, by number; each tenth is a triggered send. */
export interface AnalystWorld {
  readonly jobs: number;
  readonly mailsPerJob: number;
  readonly now: Date;
}

export const analystAccountId = 7_000_001;
const firstJobId = 1_000_000;
const links = 8;
const dayMs = 86_400_000;

export function jobIdOf(number: number): number {
  return firstJobId + number;
}

/** Business unit, definitions and months: what is there before any job. */
export async function makeAnalystWorld(pool: Pool, { now }: AnalystWorld): Promise<void> {
  const partitions = createPartitionKeeper({ pool });
  const from = (now.getTime() - 366 * dayMs) * 1000;
  for (const { table } of eventCatalog) await partitions.ensureMonths(table, from, now.getTime() * 1000);
  await pool.query(`insert into pipeline.accounts (account_id, jobs_discovered_until) values ($1, $2)`, [
    analystAccountId,
    now,
  ]);
  await pool.query(`insert into tracking.business_units (account_id, name) values ($1, 'Shop')`, [
    analystAccountId,
  ]);
  await pool.query(
    `insert into tracking.triggered_sends (account_id, triggered_send_id, customer_key, name)
     select $1, ${definitionOf('number')}, 'mail-' || number, 'Mail ' || number from generate_series(0, 4) as number`,
    [analystAccountId],
  );
}

/** Makes the events of one job in the simulator's proportions, as they would lie after a sync: in order of time. */
export async function makeJob(client: pg.ClientBase, world: AnalystWorld, number: number): Promise<void> {
  const { jobs, mailsPerJob, now } = world;
  const jobId = jobIdOf(number);
  const sentAt = new Date(now.getTime() - 25 * dayMs - ((jobs - number) * 335 * dayMs) / jobs);
  const isTriggered = number % 10 === 9;
  await client.query(
    `insert into tracking.jobs (account_id, job_id, email_id, email_name, subject, from_name, from_address, status,
       is_triggered, triggered_send_id, scheduled_at, sent_at, created_at)
     select $1, ${jobId}, ${jobId}, 'Mail ${jobId}', 'Subject ${jobId}', 'Shop', 'shop@example.com', case when $3 then 'Sending' else 'Complete' end,
       $3, case when $3 then ${definitionOf(`(${jobId} / 10) % 5`)} end, $2::timestamptz - interval '1 hour',
       case when not $3 then $2::timestamptz end, $2::timestamptz - interval '2 hours'`,
    [analystAccountId, sentAt, isTriggered],
  );
  await client.query(
    `insert into tracking.links (account_id, job_id, url_id, url, alias)
     select $1::bigint, $2::bigint, $2 * 10 + link, 'https://example.com/' || link, 'Link ' || link from generate_series(1, ${links}) as link`,
    [analystAccountId, jobId],
  );
  await client.query(
    `insert into pipeline.checkpoints (account_id, job_id, event_type, state, watermark, asked_at)
     select $1, $2, type, 'complete', $3, $3 from unnest($4::text[]) as type`,
    [analystAccountId, jobId, now, eventCatalog.map(({ name }) => name)],
  );
  await client.query('drop table if exists pg_temp.mail');
  await client.query(
    `create temp table mail as
     select number, 'person' || person || '@' || case when person % 2 = 0 then 'mail' else 'domain' || person % 399 end || '.example' as subscriber_key,
       person as subscriber_id, $1::timestamptz + number * interval '40 milliseconds' as sent_at
     from generate_series(0, $2::int - 1) as number
     cross join lateral (select (number * 7 + $3::bigint * 131) % ($2::bigint * 10) as person) as who`,
    [sentAt, mailsPerJob, number],
  );
  await client.query('drop table if exists pg_temp.mail_job');
  await client.query(`create temp table mail_job as select ${jobId}::bigint as job_id`);
  const definition = isTriggered ? definitionOf(`(${jobId} / 10) % 5`) : 'null::uuid';
  for (const [table, columns, rows] of eventsOfMails) {
    await client.query(
      `insert into tracking.${table} (account_id, job_id, batch_id, triggered_send_id, occurred_at, subscriber_key${columns})
       select ${analystAccountId}, ${jobId}, 1, ${definition}, event.* from (${rows}) as event order by event.occurred_at
       on conflict do nothing`,
    );
  }
}

/** What Marketing Cloud would count: what was loaded, but for a click in each tenth job. */
export async function setCounters(pool: Pool): Promise<void> {
  await pool.query(
    `update tracking.jobs as job
     set number_sent = total.sent_events, number_delivered = total.delivered, hard_bounces = total.with_hard_bounce,
       soft_bounces = total.with_soft_bounce, other_bounces = total.with_other_bounce, unique_opens = total.openers,
       unique_clicks = total.clickers, unsubscribes = total.unsub_events, forwarded_emails = total.forward_events,
       number_errored = total.not_sent_events, counters_at = now()
     from tracking.job_totals as total
     where total.account_id = job.account_id and total.job_id = job.job_id`,
  );
  await pool.query(
    `update tracking.links as link
     set total_clicks = total.clicks + (link.url_id % 100 = 1)::int, unique_clicks = total.clickers, counters_at = now()
     from tracking.link_totals as total
     where total.account_id = link.account_id and total.job_id = link.job_id and total.url_id = link.url_id`,
  );
}

function definitionOf(number: string): string {
  return `('00000000-0000-4000-8000-' || lpad((${number})::text, 12, '0'))::uuid`;
}

// Most reactions come in the first hours, the last after three weeks.
const later = `power(random(), 4) * interval '20 days'`;
// Each fiftieth mail bounces, each twentieth goes to a gateway.
const isRead = 'number % 50 <> 7 and number % 20 <> 0';

/** Table, further columns, and a query over `mail` for the rest of each row. */
const eventsOfMails: readonly (readonly [table: string, columns: string, rows: string])[] = [
  [
    'sent_events',
    ', list_id, subscriber_id',
    `select sent_at as occurred_at, subscriber_key, 500, subscriber_id from mail`,
  ],
  [
    'not_sent_events',
    ', list_id, subscriber_id',
    `select sent_at as occurred_at, 'held' || subscriber_key, 500, -subscriber_id from mail where number % 50 = 3`,
  ],
  [
    'open_events',
    '',
    `select sent_at + interval '30 seconds' + ${later} as occurred_at, subscriber_key from mail where ${isRead} and random() < 0.55
     union all select sent_at + interval '1 hour' + ${later}, subscriber_key from mail where ${isRead} and random() < 0.25
     union all select sent_at + interval '3 seconds', subscriber_key from mail where number % 40 = 0`,
  ],
  [
    'click_events',
    ', url_id, url',
    `select occurred_at, subscriber_key, job_id * 10 + link, 'https://example.com/' || link || '?p=' || subscriber_id
     from (
       select sent_at + interval '1 minute' + ${later} as occurred_at, subscriber_key, subscriber_id, 1 + floor(power(random(), 2) * ${links})::int as link
       from mail where ${isRead} and random() < 0.08
       union all
       select sent_at + interval '4 seconds' + link * interval '0.1 seconds', subscriber_key, subscriber_id, link
       from mail cross join generate_series(1, ${links}) as link where number % 20 = 0) as click
     cross join (select job_id from pg_temp.mail_job) as job`,
  ],
  [
    'bounce_events',
    ', bounce_kind, bounce_category, bounce_type, smtp_code, smtp_reason',
    `select sent_at + attempt * interval '6 hours' as occurred_at, subscriber_key, kind, category, 'immediate', code, 'refused'
     from mail
     cross join lateral (select * from (values ('HardBounce', 'Hard bounce - User Unknown', '550', 1),
       ('SoftBounce', 'Soft bounce - Mailbox Full', '452', 3), ('SoftBounce', 'Block bounce - Policy', '554', 2)) as one (kind, category, code, attempts)
       offset (number / 50) % 3 limit 1) as bounce
     cross join generate_series(1, bounce.attempts) as attempt where number % 50 = 7`,
  ],
  [
    'unsub_events',
    ', list_id, is_master_unsubscribed',
    `select sent_at + interval '2 minutes' + ${later} as occurred_at, subscriber_key, 500, number % 5 = 0 from mail where ${isRead} and number % 333 = 1`,
  ],
  [
    'forward_events',
    '',
    `select sent_at + interval '2 minutes' + ${later} as occurred_at, subscriber_key from mail where ${isRead} and number % 999 = 1`,
  ],
  [
    'forward_opt_in_events',
    ', opt_in_subscriber_key',
    `select sent_at + interval '3 minutes' + ${later} as occurred_at, subscriber_key, 'friend' || subscriber_key from mail where ${isRead} and number % 1999 = 1`,
  ],
  [
    'survey_events',
    ', question, answer',
    `select sent_at + interval '3 minutes' + ${later} as occurred_at, subscriber_key, 'Color?', 'blue' from mail where ${isRead} and number % 99 = 2`,
  ],
];
