import { eventTypeNames } from '../../../events/catalog.ts';
import { type Pool, type Queryable, storeErrorFrom } from '../../connection/pool.ts';
import type { EventCount } from '../history/trends.ts';

export interface JobFacts {
  readonly accountId: number;
  /** Of the business unit; null where it is not known. */
  readonly accountName: string | null;
  readonly jobId: number;
  readonly subject: string | null;
  readonly emailName: string | null;
  readonly status: string | null;
  readonly isTriggered: boolean;
  readonly createdAt: Date | null;
  readonly sentAt: Date | null;
  readonly numberSent: number | null;
  readonly lastEventAt: Date | null;
}

/** How far one event type of the job was read. */
export interface JobProgress {
  readonly eventType: string;
  readonly state: string;
  readonly watermark: Date | null;
}

export interface JobLink {
  readonly urlId: number;
  readonly url: string | null;
  readonly clicks: number;
  readonly totalClicks: number | null;
}

export interface JobCounter {
  readonly counter: string;
  readonly source: number;
  readonly loaded: number;
  readonly difference: number;
  readonly verdict: string;
  readonly reason: string | null;
}

export interface JobDetail {
  readonly job: JobFacts;
  readonly timeZone: string;
  readonly perDay: readonly EventCount[];
  readonly progress: readonly JobProgress[];
  readonly links: readonly JobLink[];
  readonly counters: readonly JobCounter[];
}

const linksShown = 50;
/** A triggered job may live for years. */
const daysShown = 90;

/** One job with its events over time, links and counters; undefined where it is not known. */
export async function readJobDetail(
  pool: Pool,
  accountId: number,
  jobId: number,
): Promise<JobDetail | undefined> {
  const key = [accountId, jobId];
  try {
    const job = await readJob(pool, key);
    if (job === undefined) return undefined;
    const [zones, perDay, progress, links, counters] = await Promise.all([
      pool.query<{ timeZone: string }>('select time_zone as "timeZone" from bi.settings'),
      readPerDay(pool, key),
      readProgress(pool, key),
      readLinks(pool, key),
      readCounters(pool, key),
    ]);
    return { job, timeZone: zones.rows[0]?.timeZone ?? 'UTC', perDay, progress, links, counters };
  } catch (error) {
    throw storeErrorFrom(error);
  }
}

async function readJob(database: Queryable, key: readonly number[]): Promise<JobFacts | undefined> {
  const { rows } = await database.query<JobFacts>(
    `select account_id as "accountId", unit.name as "accountName", job_id as "jobId", subject, email_name as "emailName", status,
            is_triggered as "isTriggered", created_at as "createdAt", coalesce(sent_at, scheduled_at) as "sentAt",
            number_sent as "numberSent", last_event_at as "lastEventAt"
     from tracking.jobs left join tracking.business_units as unit using (account_id)
     where account_id = $1 and job_id = $2`,
    [...key],
  );
  return rows[0];
}

async function readPerDay(database: Queryable, key: readonly number[]): Promise<EventCount[]> {
  const { rows } = await database.query<EventCount>(
    `select to_char(day, 'YYYY-MM-DD') as at, event_type as "eventType", events
     from tracking.job_days
     where account_id = $1 and job_id = $2
       and day > (select max(day) from tracking.job_days where account_id = $1 and job_id = $2) - ${daysShown}
     order by day, array_position($3::text[], event_type)`,
    [...key, eventTypeNames],
  );
  return rows;
}

async function readProgress(database: Queryable, key: readonly number[]): Promise<JobProgress[]> {
  const { rows } = await database.query<JobProgress>(
    `select event_type as "eventType", state, watermark from pipeline.checkpoints
     where account_id = $1 and job_id = $2 order by array_position($3::text[], event_type)`,
    [...key, eventTypeNames],
  );
  return rows;
}

async function readLinks(database: Queryable, key: readonly number[]): Promise<JobLink[]> {
  const { rows } = await database.query<JobLink>(
    `select link.url_id as "urlId", link.url, coalesce(total.clicks, 0) as clicks, link.total_clicks as "totalClicks"
     from tracking.links as link
     left join tracking.link_totals as total using (account_id, job_id, url_id)
     where account_id = $1 and job_id = $2 order by clicks desc, link.url_id limit ${linksShown}`,
    [...key],
  );
  return rows;
}

async function readCounters(database: Queryable, key: readonly number[]): Promise<JobCounter[]> {
  const { rows } = await database.query<JobCounter>(
    `select counter, source, loaded, difference, verdict, reason from bi.completeness
     where account_id = $1 and job_id = $2 order by counter`,
    [...key],
  );
  return rows;
}
