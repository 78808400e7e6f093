import type pg from 'pg';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/http/server.ts';
import { createWorld, type World } from '../../simulator/world/world.ts';
import type { JobSpec, TruthEvent } from '../../simulator/world/truth.ts';
import type { Hold } from '../../simulator/http/hold.ts';
import { quickSettings, type BegunCli, stopEveryCli } from './program/cli.ts';
import { ago, dayMs, hourMs } from './clock.ts';
import { createTestDatabase } from './postgres/database.ts';
import { createTestPool } from './postgres/test-pool.ts';

export const accountId = 7_000_001;
export const otherAccountId = 7_000_002;

/** A list send of two days ago; what it has in events is up to `spec`. */
export function listSend(jobId: number, spec: Partial<JobSpec> = {}): JobSpec {
  const createdAt = ago(2 * dayMs);
  return {
    accountId,
    jobId,
    kind: 'list',
    createdAt,
    sentAt: new Date(createdAt.getTime() + hourMs),
    ...spec,
  };
}

/** An event of such a send, a day old and available at once. */
export function eventOf(jobId: number, changes: Partial<TruthEvent> = {}): TruthEvent {
  const occurredAt = Math.floor(Date.now() / 1000) * 1000 - dayMs;
  return {
    accountId,
    jobId,
    batchId: 1,
    subscriberKey: 'anna@example.com',
    occurredAt,
    triggeredSendId: null,
    listId: null,
    subscriberId: null,
    urlId: null,
    url: null,
    availableAt: changes.occurredAt ?? occurredAt,
    ...changes,
  };
}

export function worldOf(jobSpecs: readonly JobSpec[], now: Date = new Date()): World {
  return createWorld({ seed: 11, now, jobSpecs });
}

export interface Stage {
  readonly simulator: Simulator;
  readonly world: World;
  readonly pool: pg.Pool;
  readonly databaseUrl: string;
  /** What points the command line at this simulator and this database. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A simulator in this process and an empty migrated database, for commands to run between. */
export async function openStage(world: World, options: SimulatorOptions = {}): Promise<Stage> {
  const database = await createTestDatabase();
  const simulator = await startSimulator({ world, ...options });
  const pool = createTestPool(database.url, 3);
  return {
    simulator,
    world,
    pool,
    databaseUrl: database.url,
    env: { ...quickSettings, ...simulator.environment(), DATABASE_URL: database.url },
    close: async () => {
      await stopEveryCli();
      await simulator.stop();
      await pool.end();
      await database.drop();
    },
  };
}

/** Waits until a Retrieve of the command is held; fails where the command ends before. */
export async function untilHeld({ reached }: Hold, { end }: BegunCli): Promise<void> {
  const ended = await Promise.race([reached, end]);
  if (ended !== undefined) throw new Error(`ended before it was held: ${ended.stdout}\n${ended.stderr}`);
}

/** Retrieves of one object type, oldest first. */
export function retrievesOf(simulator: Simulator, objectType: string, jobId?: number) {
  return simulator.requests.filter(
    (request) =>
      request.operation === 'Retrieve' &&
      request.objectType === objectType &&
      (jobId === undefined || request.jobId === jobId),
  );
}
