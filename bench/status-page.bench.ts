import { readJobDetail } from '../src/store/status/detail/job-detail.ts';
import { readRunDetail } from '../src/store/status/detail/run-detail.ts';
import { readTaskDetail } from '../src/store/status/detail/task-detail.ts';
import { readJobVerdicts } from '../src/store/status/coverage/job-verdicts.ts';
import { readOverview } from '../src/store/status/overview.ts';
import { readStatusReport } from '../src/store/status/report.ts';
import { createPool, type Pool } from '../src/store/connection/pool.ts';
import { figureOf } from './measure.ts';
import type { Bench, Row } from './report/rows.ts';

/** Of 20 million events, as a mailer with 20,000 sends in two years has them. */
const jobs = 20_000;
const nights = 90;
const tasksPerNight = 3000;

/** What each view of the status page costs the database, over rollups and a ledger of their size with 20 million events. */
export const statusPage: Bench = {
  name: 'status-page',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const rounds = given ?? (isFull ? 15 : 7);
    const database = await server.createDatabase();
    // One connection: the statements of a view run one after the other, so the time is the sum of theirs.
    const pool = createPool({ databaseUrl: database.url, connectionsMax: 1, applicationName: 'bench' });
    try {
      await plant(pool);
      const report = await readStatusReport(pool, new Date());
      const views: Readonly<Record<string, () => Promise<unknown>>> = {
        'report (status, metrics, live updates)': () => readStatusReport(pool, new Date()),
        'page: status, beside the report': () => readOverview(pool, report),
        'page: run': () => readRunDetail(pool, nights),
        'page: task': () => readTaskDetail(pool, nights * tasksPerNight),
        'page: job': () => readJobDetail(pool, 1, jobs),
        'page: account, beside the report': () => readJobVerdicts(pool, 25, 1),
      };
      const rows: Row[] = [];
      for (const [label, read] of Object.entries(views))
        rows.push({ label, unit: 'ms', ...figureOf(await timesOf(read, rounds)) });
      return rows;
    } finally {
      await pool.end();
      await database.drop();
    }
  },
};

async function timesOf(read: () => Promise<unknown>, rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const startedAtMs = performance.now();
    if ((await read()) === undefined) throw new Error('the view found nothing: the bench plants other ids');
    // The first one fills the caches.
    if (round > 0) times.push(performance.now() - startedAtMs);
  }
  return times;
}

/** Jobs, rollups, checkpoints and ledger; the views read no events, so there are none. */
async function plant(pool: Pool): Promise<void> {
  const statements = [
    `insert into pipeline.accounts (account_id, jobs_discovered_until) values (1, now())`,
    `insert into tracking.jobs (account_id, job_id, subject, status, created_at, sent_at, number_sent, number_delivered,
       unique_opens, unique_clicks, counters_at)
     select 1, job, 'Send ' || job, 'Complete', at, at, 800, 790, 150, 40, now()
     from generate_series(1, ${jobs}) as job, lateral (select now() - (${jobs} - job) * interval '52 minutes' as at) as sent`,
    `insert into tracking.job_days (account_id, job_id, event_type, day, events, people, machine_events, human_people, last_at, changed_at)
     select 1, job_id, event_type, (sent_at + day * interval '1 day')::date, 25, 20, 1, 20, sent_at + day * interval '1 day', now()
     from tracking.jobs, unnest(array['sent', 'open', 'click', 'bounce']) as type (event_type), generate_series(0, 9) as day`,
    `insert into pipeline.checkpoints (account_id, job_id, event_type, state, watermark, covered_from, covered_to)
     select 1, job_id, event_type, case when sent_at > now() - interval '30 days' then 'open' else 'closed' end,
            now(), sent_at, now()
     from tracking.jobs, unnest(array['sent', 'open', 'click', 'bounce', 'unsub', 'not_sent', 'forward', 'forward_opt_in', 'survey']) as type (event_type)`,
    `insert into pipeline.runs (kind, account_ids, event_types, process_id, state, outcome, counts, started_at, finished_at)
     select 'sync', '{1}', '{sent,open}', 1, 'finished', 'completed',
            '{"tasks": {"done": ${tasksPerNight}, "parked": 0}, "events": {}, "dimensions": {}, "requests": ${tasksPerNight}}', at, at
     from generate_series(1, ${nights}) as night, lateral (select now() - (${nights} - night) * interval '1 day' as at) as tick`,
    `insert into pipeline.extract_tasks (id, root_id, run_id, origin, account_id, job_id, event_type, window_from, window_to, state,
       inserted, settled_at)
     overriding system value
     select task, task, 1 + (task - 1) / ${tasksPerNight}, 'sync', 1, task % ${jobs}, 'open', now() - interval '1 day', now(), 'done', task % 50,
            now() - (${nights} - 1 - (task - 1) / ${tasksPerNight}) * interval '1 day'
     from generate_series(1, ${nights * tasksPerNight}) as task`,
    `insert into pipeline.status_samples (sampled_at, lag_seconds, open_tasks, parked_tasks, rejected_records)
     select now() - sample * interval '5 minutes', sample, sample, 0, 0 from generate_series(1, ${31 * 288}) as sample`,
    'analyze',
  ];
  for (const statement of statements) await pool.query(statement);
}
