import { type Figure, figureOf } from './measure.ts';
import { settings } from './sync.bench.ts';
import { startContender } from './processes/contender.ts';
import { type CpuShares, cpuRows } from './cpu/cpu-rows.ts';
import { othersCpu, usedBetween } from './cpu/others.ts';
import { type BenchServer, withClient } from './support/postgres.ts';
import { type ProductRun, runProduct } from './processes/product.ts';
import { type Bench, ratioRow } from './report/rows.ts';
import { startSendSource } from './sources/send-source.ts';

/** A night in which nothing happened: what a sync costs for each checkpoint. */
export const idleSync: Bench = {
  name: 'idle-sync',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const rounds = given ?? (isFull ? 7 : 3);
    const { checkpoints, ratio, milliseconds, turns } = await measureNight(
      isFull ? 1000 : 200,
      rounds,
      server,
    );
    const note = `${checkpoints} checkpoints, each asked; start and discovery (a sync of no job) subtracted; ${rounds} rounds`;
    return [
      ratioRow('CPU per checkpoint, against one bare undici request', ratio, note),
      { label: 'CPU per checkpoint', unit: 'ms', ...milliseconds },
      ...cpuRows('a checkpoint', turns, 'checkpoint'),
    ];
  },
};

interface Night {
  readonly checkpoints: number;
  /** CPU for a checkpoint, as a multiple of one bare request in the same round. */
  readonly ratio: Figure;
  readonly milliseconds: Figure;
  readonly turns: readonly CpuShares[];
}

/** Runs a few nights without news; each job has a checkpoint for every event type. */
async function measureNight(jobs: number, rounds: number, server: BenchServer): Promise<Night> {
  const source = await startSendSource({ jobs, mails: 0 });
  const database = await server.createDatabase();
  const { url: sourceUrl } = source;
  const environment = { ...source.environment, ...settings, DATABASE_URL: database.url };
  const sync = () => measuredRun(() => runProduct(['sync', '--json'], { environment }));
  // Job 1 does not exist, which is reported as a problem: what is left is the start and discovery.
  const syncNoJob = () =>
    measuredRun(() => runProduct(['sync', '--json', '--jobs', '1'], { environment, exitCodes: [1] }));
  const measuredRun = async (run: () => Promise<ProductRun>) => {
    const before = othersCpu({ postgres: server, source });
    const { cpuSeconds } = await run();
    return { process: cpuSeconds, ...usedBetween(before, othersCpu({ postgres: server, source })) };
  };
  const ratios: number[] = [];
  const turns: CpuShares[] = [];
  try {
    await syncNoJob();
    const checkpoints = await pretendReadUntilNow(database.url);
    for (let round = 0; round < rounds; round += 1) {
      const before = await countAsked(database.url);
      const night = await sync();
      const asked = (await countAsked(database.url)) - before;
      if (asked !== checkpoints) throw new Error(`${asked} of ${checkpoints} checkpoints were asked`);
      const noJob = await syncNoJob();
      const turn = {
        ...{ units: checkpoints, process: night.process - noJob.process },
        ...usedBetween(noJob, night),
      };
      turns.push(turn);
      ratios.push(turn.process / checkpoints / (await bareRequestSeconds(sourceUrl, checkpoints)));
    }
    return {
      checkpoints,
      ratio: figureOf(ratios),
      milliseconds: figureOf(turns.map((turn) => (turn.process / checkpoints) * 1000)),
      turns,
    };
  } finally {
    await source.stop();
    await database.drop();
  }
}

/** CPU of one bare request, of as many in a process that starts as cold as the night does. */
async function bareRequestSeconds(sourceUrl: string, count: number): Promise<number> {
  const bare = await startContender('request: bare undici', { type: 'open', pages: 1, sourceUrl });
  try {
    let [requests, seconds] = [0, 0];
    for (let round = 0; requests < count; round += 1) {
      const { units, cpuSeconds } = await bare.run(round);
      requests += units;
      seconds += cpuSeconds;
    }
    return seconds / requests;
  } finally {
    await bare.stop();
  }
}

/**
 * Checkpoints as a sync an hour ago would have left them; reading what there is not takes minutes for many jobs. The mail
 * that each job lacks was missed before, and read again since, so that no night does that.
 */
async function pretendReadUntilNow(url: string): Promise<number> {
  return withClient(url, async (client) => {
    const { rowCount } = await client.query(
      `insert into pipeline.checkpoints
         (account_id, job_id, event_type, watermark, covered_from, covered_to, full_read_at, asked_at)
       select account_id, job_id, event_type, until, created_at - interval '1 day', until, until, until
       from tracking.jobs, unnest(array['sent', 'open', 'click']) as event_type,
            lateral (select date_trunc('second', now()) - interval '1 hour' as until) as night`,
    );
    await client.query(
      `insert into pipeline.deficits (account_id, job_id, event_type, missing, found_at)
       select account_id, job_id, 'sent', 1, now() - interval '2 hours' from tracking.jobs`,
    );
    return rowCount ?? 0;
  });
}

async function countAsked(url: string): Promise<number> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ count: string }>(
      `select count(*) from pipeline.extract_tasks where kind = 'events' and settled_at is not null`,
    );
    return Number(rows[0]?.count);
  });
}
