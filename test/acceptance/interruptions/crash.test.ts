import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../../simulator/world/random.ts';
import type { Pool } from '../../../src/store/connection/pool.ts';
import { runCli, startCli } from '../../support/program/cli.ts';
import { ago, dayMs, eventually, hourMs } from '../../support/clock.ts';
import { listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';
import { createWatermarkCheck } from '../../support/stored/watermarks.ts';

const killsWanted = Number(process.env['CRASH_KILLS'] ?? 40);
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const lanes = 2;
/** Every fifth kill comes while a process is starting, the others after a number of its requests. */
const startKillEvery = 5;
const latencyMs = 25;
/** From the start of a process to its first request, measured once on this machine. */
let startMs = 0;
const stages: Stage[] = [];
// A safety net: six seconds of a quiet machine are a minute of a busy one.
const timeoutMs = 300_000 + killsWanted * 20_000;

interface WorldKind {
  readonly jobs: number;
  readonly counts: { readonly sent: number; readonly open: number; readonly click: number };
  readonly pageSizeMax: number;
  /** A kill comes after this many requests at most: a third of those that a world takes. */
  readonly requestsBeforeKillMax: number;
}

const worldKinds: readonly WorldKind[] = [
  // Many short windows, so that a kill can come at each step of one.
  { jobs: 12, counts: { sent: 60, open: 40, click: 20 }, pageSizeMax: 10, requestsBeforeKillMax: 48 },
  // Pages that are copied, and sent while the one before is being committed.
  { jobs: 3, counts: { sent: 3000, open: 1300, click: 100 }, pageSizeMax: 600, requestsBeforeKillMax: 15 },
];

interface Lane {
  readonly number: number;
  readonly random: () => number;
  killsLeft: number;
  worlds: number;
  /** Kills that met a process with running tasks. */
  hitsAtWork: number;
}

/** The kinds in turns, and each lane begins with another. */
function kindFor({ number, worlds }: Lane): WorldKind {
  const kind = worldKinds[(number + worlds) % worldKinds.length];
  if (kind === undefined) throw new Error('there is no kind of world');
  return kind;
}

function openWorld({ jobs, counts, pageSizeMax }: WorldKind): Promise<Stage> {
  const specs = Array.from({ length: jobs }, (_, at) => {
    const createdAt = ago(2 * dayMs + at * hourMs);
    return listSend(100 + at, { createdAt, sentAt: new Date(createdAt.getTime() + hourMs), counts });
  });
  return openStage(worldOf(specs), { latencyMs, pageSizeMax });
}

/** What a run logs of the kills themselves: two in a row that met a task, and it is executed alone. */
function withoutDeaths(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => !line.includes('"task runs alone: processes died with it"'));
  return lines.join('\n');
}

/** Starts syncs on one world and kills them until one completes or the lane's kills are used up; then all is there once. */
async function crashThrough(stage: Stage, lane: Lane): Promise<void> {
  const { env, pool, world } = stage;
  const expectNoWatermarkPastAHole = createWatermarkCheck(pool, world);
  for (;;) {
    const cli = startCli(['sync', '--json'], env);
    const over = new AbortController();
    void cli.end.finally(() => over.abort());
    const kill = lane.killsLeft > 0 ? [momentToKill(stage, lane, over.signal)] : [];
    const ended = await Promise.race([cli.end, ...kill]);
    if (ended !== undefined) {
      if (ended.code === 1 && (await isParkedByKills(pool))) continue; // the next sync reads it
      const { code, stdout } = ended;
      expect({ code, stderr: withoutDeaths(ended.stderr), stdout }).toMatchObject({ code: 0, stderr: '' });
      await expectTablesEqualTruth(pool, world);
      await expectNoWatermarkPastAHole();
      return;
    }
    cli.signal('SIGKILL');
    await cli.end;
    lane.killsLeft -= 1;
    const { rows } = await pool.query("select from pipeline.extract_tasks where state = 'running'");
    if (rows.length > 0) lane.hitsAtWork += 1;
    await expectNoWatermarkPastAHole();
  }
}

/** Three kills that meet the same task, the last one while it is alone, look like a task that kills its process. */
async function isParkedByKills(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ code: string }>(
    "select distinct error_code as code from pipeline.extract_tasks where state = 'parked'",
  );
  return rows.length === 1 && rows[0]?.code === 'PROCESS_DIED';
}

/** A random moment of the start or of the work; where it never comes, the sync completes. */
async function momentToKill({ simulator }: Stage, lane: Lane, over: AbortSignal): Promise<undefined> {
  const { requestsBeforeKillMax } = kindFor(lane);
  if (lane.killsLeft % startKillEvery === 0) {
    await sleep(lane.random() * startMs);
    return;
  }
  const requests = simulator.requests.length + 1 + Math.floor(lane.random() * requestsBeforeKillMax);
  while (simulator.requests.length < requests && !over.aborted) await sleep(5);
  // Not always the same step of a page.
  await sleep(lane.random() * 2 * latencyMs);
}

async function runLane(lane: Lane): Promise<void> {
  do {
    const stage = await openWorld(kindFor(lane));
    stages.push(stage);
    await crashThrough(stage, lane);
    lane.worlds += 1;
  } while (lane.killsLeft > 0);
}

beforeAll(async () => {
  // Only a process that ends by itself writes what it has compiled; with that, a start is short.
  const stage = await openStage(worldOf([listSend(101, { counts: { sent: 5 } })]));
  await runCli(['sync'], stage.env);
  const [startedAtMs, requests] = [performance.now(), stage.simulator.requests.length];
  const second = startCli(['sync'], stage.env);
  await eventually('a request', () => stage.simulator.requests.length > requests);
  startMs = performance.now() - startedAtMs;
  await second.end;
  await stage.close();
});
afterAll(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

describe('a sync that is killed at random moments', () => {
  it(
    `has every event once after ${killsWanted} kills, and no watermark ever past a hole`,
    async () => {
      const work: Lane[] = Array.from({ length: lanes }, (_, at) => ({
        number: at,
        random: createRandom(seed, at),
        killsLeft: Math.floor(killsWanted / lanes) + (at < killsWanted % lanes ? 1 : 0),
        worlds: 0,
        hitsAtWork: 0,
      }));
      process.stderr.write(`crash test: CRASH_KILLS=${killsWanted} CRASH_SEED=${seed}\n`);
      await Promise.all(work.map(runLane));
      const worlds = work.reduce((sum, lane) => sum + lane.worlds, 0);
      const hits = work.reduce((sum, lane) => sum + lane.hitsAtWork, 0);
      process.stderr.write(`crash test: ${worlds} worlds, ${hits} kills met running tasks\n`);
      expect(hits).toBeGreaterThan(killsWanted / 4);
    },
    timeoutMs,
  );
});
