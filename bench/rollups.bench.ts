import type pg from 'pg';
import { refreshRollups } from '../src/bi/refresh.ts';
import { createPool, type Pool } from '../src/store/connection/pool.ts';
import { costOfLog } from './log-of-changes.ts';
import { type Figure, figureOf } from './measure.ts';
import {
  type AnalystWorld,
  analystAccountId,
  jobIdOf,
  makeAnalystWorld,
  makeJob,
} from './analyst/analyst-world.ts';
import type { Bench, Row } from './report/rows.ts';
import { connect } from './support/postgres.ts';

/** What keeps the rollups costs: the log while loading, a night's refresh, and the first build. */
export const rollups: Bench = {
  name: 'rollups',
  needsPostgres: true,
  async run({ isFull, rounds, server }) {
    const log = await costOfLog(server, rounds ?? (isFull ? 11 : 5));
    // 2.33 events a mail: 5 million in the full form.
    const world = { jobs: 100, mailsPerJob: isFull ? 21_500 : 430, now: new Date() };
    const database = await server.createDatabase();
    const pool = createPool({ databaseUrl: database.url, connectionsMax: 2, applicationName: 'bench' });
    const client = await connect(database.url);
    try {
      await makeAnalystWorld(pool, world);
      await client.query('select setseed(0.5)');
      for (let job = 0; job < world.jobs; job += 1) await makeJob(client, world, job);
      await client.query('vacuum analyze');
      const build = await refresh(pool);
      await client.query('vacuum analyze');
      const nights: number[] = [];
      for (let night = 0; night < 3; night += 1) {
        await openLate(client, world, night);
        nights.push(await refresh(pool));
      }
      return [...log, buildRow(build, isFull), nightRow(figureOf(nights), isFull)];
    } finally {
      await client.end();
      await pool.end();
      await database.drop();
    }
  },
};

async function refresh(pool: Pool): Promise<number> {
  const startedAtMs = performance.now();
  await refreshRollups(pool, { waits: true });
  return (performance.now() - startedAtMs) / 1000;
}

const touchedJobs = 60;
const lateOpensPerJob = 300;

/** Late opens of sixty jobs, entered with their lines in the log as pages enter them. */
async function openLate(client: pg.Client, { jobs, now }: AnalystWorld, night: number): Promise<void> {
  await client.query(
    `with loaded as (
       insert into tracking.open_events (account_id, job_id, batch_id, subscriber_key, occurred_at)
       select $1, job_id, 1, subscriber_key, $2::timestamptz - late.number * interval '1 minute'
       from unnest($3::bigint[]) as job (job_id)
       cross join lateral (
         select subscriber_key, row_number() over () as number
         from (
           select subscriber_key from tracking.recipients as message
           where message.account_id = $1 and message.job_id = job.job_id
           order by subscriber_key limit ${lateOpensPerJob} offset $4) as person) as late
       on conflict do nothing
       returning account_id, job_id, occurred_at)
     insert into pipeline.rollup_changes (account_id, event_type, job_id, first_at, last_at)
     select account_id, 'open', job_id, min(occurred_at), max(occurred_at) from loaded group by account_id, job_id`,
    [
      analystAccountId,
      new Date(now.getTime() - night * 43_200_000),
      Array.from({ length: touchedJobs }, (_, at) => jobIdOf(jobs - 1 - at)),
      night * lateOpensPerJob,
    ],
  );
}

function buildRow(seconds: number, isFull: boolean): Row {
  return {
    label: `first build of the rollups of 100 jobs${sizeOf(isFull)}`,
    unit: 's',
    ...figureOf([seconds]),
  };
}

function nightRow(figure: Figure, isFull: boolean): Row {
  const label = `refresh after a night: ${touchedJobs} touched jobs${sizeOf(isFull)}`;
  return { label, unit: 's', ...figure, note: `${lateOpensPerJob} late opens each` };
}

function sizeOf(isFull: boolean): string {
  return isFull ? ', 5 M events' : '';
}
