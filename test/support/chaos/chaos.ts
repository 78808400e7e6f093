import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { startSimulator } from '../../../simulator/http/server.ts';
import { createRandom } from '../../../simulator/world/random.ts';
import type { World } from '../../../simulator/world/world.ts';
import { createPool } from '../../../src/store/connection/pool.ts';
import { type CliEnd, quickSettings, runCli, stopEveryCli } from '../program/cli.ts';
import { eventually } from '../clock.ts';
import { startOwnServer } from '../postgres/own-server.ts';
import { createActions } from './actions.ts';
import type { ChaosStage } from './chaos-stage.ts';
import { createChaosWorld, monthsKept } from './chaos-world.ts';
import { createCrew } from './crew.ts';

export interface Chaos {
  readonly pool: pg.Pool;
  readonly world: World;
  readonly env: () => Readonly<Record<string, string>>;
  /** Plays one deck of actions, and further ones until this time has passed. */
  act(forMs: number): Promise<void>;
  /** Ends faults and outages, lets everything that runs end by itself, and syncs until nothing is left to do. */
  calmDown(): Promise<void>;
  /** The person who was forgotten on the way. */
  forgotten(): string | undefined;
  /** How many times each action was done, and what was started. */
  counts(): Readonly<Record<string, number>>;
  /** Ends that no operator should see. */
  bugs(): readonly string[];
  close(): Promise<void>;
}

/** Three workers and two services between a simulator and a Postgres of their own, and a deck of things that go wrong. */
export async function openChaos(seed: number): Promise<Chaos> {
  const world = createChaosWorld(seed);
  const server = await startOwnServer();
  const simulator = await startSimulator({ world, latencyMs: 10, pageSizeMax: 20 });
  const pool = createPool({ databaseUrl: server.url, connectionsMax: 2, applicationName: 'test' });
  const settings = {
    ...{ ...quickSettings, ...simulator.environment(), DATABASE_URL: server.url, EVENT_TYPES: 'all' },
    ...{ STATUS_POLL_SECONDS: '1', GATE_WAIT_MINUTES: '5', REQUEST_TIMEOUT_SECONDS: '3' },
    ...{ SYNC_SCHEDULE: '*/5 * * * * *' },
  };
  const state: ChaosStage['state'] = { isRetentionOn: false, forgotten: undefined };
  const env = () => ({
    ...settings,
    ...(state.isRetentionOn ? { RETENTION_MONTHS: String(monthsKept) } : {}),
  });
  expect(await runCli(['migrate'], env())).toMatchObject({ code: 0 });
  const random = createRandom(seed, 1);
  const crew = createCrew({ env, random });
  const stage = { simulator, world, pool, server, crew, random, state };
  const actions = createActions(stage);
  return {
    ...{ pool, world, env },
    act: (forMs) => actions.play(forMs),
    calmDown: () => calmDown(stage, env),
    forgotten: () => state.forgotten,
    counts: () => ({ ...actions.counts(), ...crew.counts(), requests: simulator.requests.length }),
    bugs: () => crew.bugs(),
    close: () => close(stage),
  };
}

/** A sync reads again what was parked, so a few of them leave nothing. */
const lastSyncsMax = 5;

async function calmDown({ simulator, crew }: ChaosStage, env: Chaos['env']): Promise<void> {
  simulator.setFaults([]);
  simulator.setSystemStatus('OK');
  await crew.goHome();
  // News become available within three seconds.
  await sleep(3000);
  await crew.finishParkedBackfill();
  const ends: CliEnd[] = [];
  await eventually('a sync without problems', async () => {
    if (ends.length === lastSyncsMax) throw new Error(JSON.stringify(ends, null, 1));
    const end = await runCli(['sync', '--json'], env());
    ends.push(end);
    return end.code === 0;
  });
}

async function close({ crew, simulator, pool, server }: ChaosStage): Promise<void> {
  await crew.disband();
  await stopEveryCli();
  await simulator.stop();
  await pool.end();
  await server.remove();
}
