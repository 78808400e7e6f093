import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../simulator/world/random.ts';
import { runCli, startCli } from '../support/cli.ts';
import { ago, dayMs, eventually, hourMs } from '../support/clock.ts';
import { listSend, openStage, type Stage, worldOf } from '../support/simulator.ts';
import { expectTablesEqualTruth } from '../support/truth.ts';
import { expectNoWatermarkPastAHole } from '../support/watermarks.ts';

const killsWanted = Number(process.env['CRASH_KILLS'] ?? 100);
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const lanes = 2;
const jobsPerWorld = 30;
/** Every fifth kill comes while a process is starting, the others once it has entered itself as one. */
const startKillEvery = 5;
const killWithinMs = { ofStart: 2000, ofWork: 1200 };
const stages: Stage[] = [];
/** Compiled once, so that a start is short and most kills meet work. */
const cacheDir = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-crash-'));
const timeoutMs = 60_000 + killsWanted * 6_000;

interface Lane {
  readonly random: () => number;
  killsLeft: number;
  worlds: number;
  /** Kills that met a process with tasks in hand. */
  hitsAtWork: number;
}

/** Many short windows with little else between them than network: somewhere in them every kill lands. */
function openWorld(): Promise<Stage> {
  const specs = Array.from({ length: jobsPerWorld }, (_, at) => {
    const createdAt = ago(2 * dayMs + at * hourMs);
    const counts = { sent: 60, open: 40, click: 20 };
    return listSend(100 + at, { createdAt, sentAt: new Date(createdAt.getTime() + hourMs), counts });
  });
  return openStage(worldOf(specs), { latencyMs: 25, pageSizeMax: 10 });
}

/** Starts syncs on one world and kills them until one gets through, or the lane's kills are used up. */
async function crashThrough(stage: Stage, lane: Lane): Promise<void> {
  const { env, pool, world } = stage;
  for (;;) {
    const cli = startCli(['sync', '--json'], { ...env, NODE_COMPILE_CACHE: cacheDir });
    const ended = await Promise.race([cli.end, ...(lane.killsLeft > 0 ? [momentToKill(stage, lane)] : [])]);
    if (ended !== undefined) {
      expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
      return;
    }
    cli.signal('SIGKILL');
    await cli.end;
    lane.killsLeft -= 1;
    const { rows } = await pool.query("select from pipeline.extract_tasks where state = 'running'");
    if (rows.length > 0) lane.hitsAtWork += 1;
    await expectNoWatermarkPastAHole(pool, world);
  }
}

/** Comes at a random moment, of the start or of the work; one that comes too late does no harm. */
async function momentToKill({ pool }: Stage, lane: Lane): Promise<undefined> {
  if (lane.killsLeft % startKillEvery === 0) {
    await sleep(lane.random() * killWithinMs.ofStart);
    return;
  }
  const countProcesses = async () => {
    const { rows } = await pool.query<{ count: number }>('select count(*) from pipeline.processes');
    return rows[0]?.count ?? 0;
  };
  const before = await countProcesses();
  await eventually('a process', async () => (await countProcesses()) > before || undefined);
  await sleep(lane.random() * killWithinMs.ofWork);
}

async function runLane(lane: Lane): Promise<void> {
  do {
    const stage = await openWorld();
    stages.push(stage);
    await crashThrough(stage, lane);
    await expectTablesEqualTruth(stage.pool, stage.world);
    await expectNoWatermarkPastAHole(stage.pool, stage.world);
    lane.worlds += 1;
  } while (lane.killsLeft > 0);
}

beforeAll(async () => {
  // Only a process that ends by itself writes the cache.
  const stage = await openStage(worldOf([listSend(101, { counts: { sent: 5 } })]));
  await runCli(['sync'], { ...stage.env, NODE_COMPILE_CACHE: cacheDir });
  await stage.close();
}, 60_000);
afterAll(async () => {
  for (const stage of stages) await stage.close();
  rmSync(cacheDir, { recursive: true });
}, 60_000);

describe('a sync that is killed at random moments', () => {
  it(
    `has every event once after ${killsWanted} kills, and no watermark ever past a hole`,
    async () => {
      const work: Lane[] = Array.from({ length: lanes }, (_, at) => ({
        random: createRandom(seed, at),
        killsLeft: Math.floor(killsWanted / lanes) + (at < killsWanted % lanes ? 1 : 0),
        worlds: 0,
        hitsAtWork: 0,
      }));
      process.stderr.write(`crash test: CRASH_KILLS=${killsWanted} CRASH_SEED=${seed}\n`);
      await Promise.all(work.map(runLane));
      const worlds = work.reduce((sum, lane) => sum + lane.worlds, 0);
      const hits = work.reduce((sum, lane) => sum + lane.hitsAtWork, 0);
      process.stderr.write(`crash test: ${worlds} worlds, ${hits} kills met tasks in hand\n`);
      expect(hits).toBeGreaterThan(killsWanted / 4);
    },
    timeoutMs,
  );
});
