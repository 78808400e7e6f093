import type pg from 'pg';
import type { TruthEvent } from '../../../simulator/world/truth.ts';
import { summaryOf } from '../../support/program/cli.ts';
import { syncToEnd } from '../../support/program/in-process-cli.ts';
import { ago, dayMs, hourMs } from '../../support/clock.ts';
import { accountId, eventOf, listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { pretendNightPassed } from '../../support/tail/tail.ts';
import { type ComparedType, expectTablesEqualTruth } from '../../support/stored/truth.ts';

const types = [
  'sent',
  'open',
  'click',
  'bounce',
  'unsub',
  'not_sent',
  'forward',
  'forward_opt_in',
  'survey',
] as const;
const oldJobs = Array.from({ length: 1000 }, (_, at) => 1000 + at);
const youngJobs = Array.from({ length: 20 }, (_, at) => 3000 + at);

let stage: Stage;

beforeAll(async () => {
  // Old jobs of 20 days to nearly two years ago: 600 are closed.
  const ageOf = (jobId: number) => (jobId >= 1600 ? 20 : 720 - jobId / 4);
  const specs = [...oldJobs, ...youngJobs].map((jobId) => {
    const createdAt = ago((jobId >= 3000 ? 1 + (jobId % 5) : ageOf(jobId)) * dayMs);
    const sentAt = new Date(createdAt.getTime() + hourMs);
    // Without the counter no send is ever complete, so that its sends are read in each night.
    return listSend(jobId, { createdAt, sentAt, counts: {}, lastEventAt: sentAt, numberSent: null });
  });
  stage = await openStage(worldOf(specs));
  await prepare(stage.pool);
});
afterAll(() => stage.close());

/** As many syncs would have left it: every job is known and read up to an hour ago, all that describes it as well. */
async function prepare(pool: pg.Pool): Promise<void> {
  const jobs = stage.world.jobs(accountId);
  await pool.query(
    `insert into pipeline.accounts (account_id, jobs_discovered_until) values ($1, now() - interval '1 hour')`,
    [accountId],
  );
  await pool.query(
    `insert into tracking.jobs (account_id, job_id, status, created_at, scheduled_at, sent_at, modified_at, number_sent,
                                counters_at, is_triggered, is_stub)
     select $1, job_id, 'Complete', created_at, created_at, sent_at, sent_at, 0, now() - interval '1 hour', false, false
     from unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[]) as job (job_id, created_at, sent_at)`,
    [
      accountId,
      jobs.map((job) => job.jobId),
      jobs.map((job) => job.createdAt),
      jobs.map((job) => job.sentAt),
    ],
  );
  await pool.query(
    `insert into pipeline.checkpoints
       (account_id, job_id, event_type, state, watermark, covered_from, covered_to, asked_at, full_read_at)
     select account_id, job_id, event_type,
            case when sent_at < now() - interval '30 days' then 'closed' else 'open' end,
            until, created_at - interval '5 days', until, until, until
     from tracking.jobs, unnest($1::text[]) as event_type,
          lateral (select date_trunc('second', now()) - interval '1 hour' as until) as night`,
    [types],
  );
  await pool.query(
    `insert into pipeline.tails (account_id, event_type, rung, window_from, covered_to, completed_at)
     select $1, event_type, 2, until - interval '2 days', until, until
     from unnest($2::text[]) as event_type,
          lateral (select date_trunc('second', now()) - interval '1 hour' as until) as night`,
    [accountId, types],
  );
  await pool.query(
    `insert into pipeline.dimension_readings (account_id, dimension, job_id, read_at)
     select account_id, dimension, job_id, now() - interval '1 hour'
     from tracking.jobs, unnest(array['job', 'link', 'list']) as dimension`,
  );
  // As autovacuum does within a minute.
  await pool.query('analyze tracking.jobs, pipeline.checkpoints, pipeline.dimension_readings');
}

/** 10,000 events since last night: nine in ten of young jobs, the others of 250 old ones. */
function addEvents(night: number): void {
  for (const type of types) {
    const events = [
      ...eventsOf(night, type, youngJobs, 50),
      ...eventsOf(
        night,
        type,
        oldJobs.slice(night, night + 250),
        type === 'open' || type === 'click' ? 2 : 0,
      ),
    ];
    stage.world.addEvents(type, events);
  }
}

function eventsOf(night: number, type: ComparedType, jobIds: readonly number[], each: number): TruthEvent[] {
  return jobIds.flatMap((jobId) =>
    Array.from({ length: each }, (_, at) => {
      const occurredAt = Math.floor(Date.now() / 1000) * 1000 - (20 + 10 * at) * 60_000;
      const own =
        type === 'unsub'
          ? { properties: { IsMasterUnsubscribed: 'false' } }
          : type === 'bounce'
            ? { properties: { EventType: 'HardBounce' } }
            : {};
      return eventOf(jobId, { occurredAt, subscriberKey: `${night} ${at}`, availableAt: occurredAt, ...own });
    }),
  );
}

const sync = () => syncToEnd({ ...stage.env, TAIL: 'auto', EVENT_TYPES: 'all' });

describe('a night with 10,000 new events of 1,000 old and 20 young jobs and of nine types costs', () => {
  it.each([
    { name: '300 requests at most where reading by date works', night: 0, most: 300 },
    {
      name: 'no more on the next night, when the jobs that came alive are still active',
      night: 1,
      most: 300,
    },
    { name: '700 requests at most where only lists of jobs work', night: 2, most: 700 },
  ])('$name', async ({ night, most }) => {
    const { pool, world, simulator } = stage;
    await pretendNightPassed(pool, 23);
    if (night === 2) {
      const timesOut = { kind: 'error', text: 'Timeout expired' } as const;
      simulator.setFaults([{ match: { by: ['date', 'below'] }, times: -1, fault: timesOut }]);
      await pool.query(
        `insert into pipeline.tail_failures (account_id, event_type, rung, code, reason)
         select account_id, event_type, failed.rung, 'RETRIEVE_TIMED_OUT', 'Timeout expired'
         from pipeline.tails, unnest(array[1, 2]) as failed (rung)`,
      );
    }
    addEvents(night);
    const before = simulator.requests.length;
    const end = await sync();

    expect(end.code).toBe(0);
    await expectTablesEqualTruth(pool, world, { types });
    const summary = summaryOf(end);
    const inserted = Object.values(summary.events).reduce((sum, counts) => sum + counts.inserted, 0);
    expect(inserted).toBe(9 * 20 * 50 + 2 * 250 * 2);
    const retrieves = simulator.requests.slice(before).filter(({ operation }) => operation === 'Retrieve');
    expect(summary.requests).toBe(retrieves.length);
    expect(summary.requests).toBeLessThanOrEqual(most);
  });
});
