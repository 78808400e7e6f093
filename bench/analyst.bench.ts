import type pg from 'pg';
import { refreshRollups } from '../src/bi/refresh.ts';
import { createPool, type Pool } from '../src/store/connection/pool.ts';
import { figureOf } from './measure.ts';
import { accessPaths, analystQueries } from './analyst/analyst-queries.ts';
import { type AnalystWorld, makeAnalystWorld, makeJob, setCounters } from './analyst/analyst-world.ts';
import { type Bench, type Row, valueRow } from './report/rows.ts';
import { connect } from './support/postgres.ts';

/** What people wait for who look at dashboards, with few and with many events. */
export const analyst: Bench = {
  name: 'analyst',
  needsPostgres: true,
  async run({ isFull, rounds = 3, server }) {
    // 2.33 events a mail: 20 million in the full form.
    const world = {
      jobs: 200,
      mailsPerJob: isFull ? 43_000 : 430,
      now: new Date(),
    };
    const database = await server.createDatabase();
    const pool = createPool({ databaseUrl: database.url, connectionsMax: 2, applicationName: 'bench' });
    const client = await connect(database.url);
    try {
      await makeAnalystWorld(pool, world);
      await client.query('select setseed(0.5)');
      const few = await stageOf(pool, client, { world, isMade: isTenth, isFirst: true, rounds });
      const many = await stageOf(pool, client, {
        world,
        isMade: (job) => !isTenth(job),
        isFirst: false,
        rounds,
      });
      return [...buildRows(few, many), ...queryRows(few, many)];
    } finally {
      await client.end();
      await pool.end();
      await database.drop();
    }
  },
};

// The newest job but nine is among them: the one that the dashboard of one job shows.
const isTenth = (job: number): boolean => job % 10 === 0;

interface Stage {
  readonly events: number;
  readonly buildSeconds: number;
  readonly scanMs: number;
  readonly queries: readonly { label: string; ms: readonly number[]; paths: string }[];
}

async function stageOf(
  pool: Pool,
  client: pg.Client,
  {
    world,
    isMade,
    isFirst,
    rounds,
  }: { world: AnalystWorld; isMade: (job: number) => boolean; isFirst: boolean; rounds: number },
): Promise<Stage> {
  for (let job = 0; job < world.jobs; job += 1) if (isMade(job)) await makeJob(client, world, job);
  if (!isFirst) await forgetRollups(pool);
  await client.query('vacuum analyze');
  const startedAtMs = performance.now();
  await refreshRollups(pool, { waits: true });
  const buildSeconds = (performance.now() - startedAtMs) / 1000;
  await setCounters(pool);
  await client.query('vacuum analyze');
  const { rows } = await client.query<{ events: string }>(
    'select sum(events) as events from tracking.job_days',
  );
  const queries = [];
  for (const { label, sql } of await analystQueries(client, world.now, world.jobs)) {
    queries.push({
      label,
      ms: await timesOf(client, sql, rounds),
      paths: await accessPaths(client, sql),
    });
  }
  const scan = await timesOf(client, 'select count(subscriber_key) from tracking.sent_events', 1);
  return { events: Number(rows[0]?.events), buildSeconds, scanMs: figureOf(scan).median, queries };
}

/** As before the rollups of an account were ever built. */
async function forgetRollups(pool: Pool): Promise<void> {
  await pool.query(
    `truncate tracking.recipients, tracking.subscribers, tracking.job_totals, tracking.job_days, tracking.job_hours,
       tracking.link_totals, tracking.domain_days, tracking.engagement_days, tracking.machine_events, tracking.rule_totals, pipeline.rollup_state, pipeline.rollup_changes`,
  );
}

/** The first time, which fills caches, does not count. */
async function timesOf(client: pg.Client, sql: string, rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const startedAtMs = performance.now();
    await client.query(sql);
    if (round > 0) times.push(performance.now() - startedAtMs);
  }
  return times;
}

function buildRows(few: Stage, many: Stage): Row[] {
  return [few, many].map(({ events, buildSeconds }) =>
    valueRow(
      `first build of rollups, for each 5 M of ${millions(events)} events`,
      's',
      (buildSeconds * 5e6) / events,
      `${buildSeconds.toFixed(0)} s in all`,
    ),
  );
}

function queryRows(few: Stage, many: Stage): Row[] {
  return many.queries.map(({ label, ms, paths }, at) => {
    const figure = figureOf(ms);
    const before = figureOf(few.queries[at]?.ms ?? []).median;
    const growth = `${(figure.median / before).toFixed(1)} times that of ${millions(few.events)} (${before.toFixed(1)} ms)`;
    const share = `${(figure.median / many.scanMs).toFixed(3)} of a scan of the sent events`;
    return { label, unit: 'ms', ...figure, note: `${growth}; ${share}; ${paths}` };
  });
}

function millions(events: number): string {
  return `${(events / 1e6).toFixed(events < 1e6 ? 2 : 1)} M`;
}
