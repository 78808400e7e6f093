import os from 'node:os';
import type { Config } from '../config/config.ts';
import { eventCatalog, findEventDefinition } from '../events/catalog.ts';
import type { EventDefinition } from '../events/define-event.ts';
import { createLogger, type Logger } from '../logger.ts';
import type { AdmissionDeps } from '../pipeline/admission/admission.ts';
import { sleep } from '../pipeline/backoff.ts';
import type { RunAccount, RunDeps } from '../pipeline/run.ts';
import type { RunSignals } from '../pipeline/sync.ts';
import type { TaskDeps } from '../pipeline/extraction/active-task.ts';
import { TaskAttempts } from '../pipeline/extraction/task-attempts.ts';
import { Worker } from '../pipeline/extraction/worker.ts';
import { slowAccount } from '../store/accounts.ts';
import { createEventLoader } from '../store/load/event-loader.ts';
import { createPartitionKeeper } from '../store/load/partitions.ts';
import { openProcessSession } from '../store/session.ts';
import { TaskQueue } from '../store/ledger/task-queue.ts';
import { connectAccounts } from './connect-accounts.ts';
import type { CommandContext } from './context.ts';
import { openAdmission } from './open-admission.ts';
import { openDatabase, type OpenDatabase } from './open-database.ts';

/**
 * At most 200 pages are expected in a window, and a large job is cut finer, so that its windows fill the
 * slots evenly, though not below 25 pages; a window that passes 400 is cut in halves.
 */
const pagesPerWindow = { least: 25, expected: 200, max: 400 };
const partsPerSlot = 4;

/** What tells about tasks as they go, for progress on long work. */
export interface ProgressListener {
  onPlanned(runId: number, tasks: number): void;
  onPage(records: number, inserted: number): void;
}

/** Everything a command that extracts needs, built and wired. */
export interface Runtime {
  readonly database: OpenDatabase;
  readonly worker: Worker;
  readonly accounts: readonly RunAccount[];
  readonly runDeps: RunDeps;
  readonly runSignals: RunSignals;
  readonly logger: Logger;
  /** Stops taking, lets pages on their way commit, and closes everything. */
  close(): Promise<void>;
}

export interface RuntimeOptions {
  readonly command: string;
  /** How long a run waits at a closed gate. */
  readonly gateWaitMs: number;
  readonly progress?: ProgressListener;
}

/**
 * Opens database, queue and worker, and connects the accounts.
 *
 * @throws {ConfigInvalidError} when the schema is behind or no account can be told.
 * @throws {StoreUnavailableError} when the database cannot be reached.
 */
export async function openRuntime(
  config: Config,
  context: CommandContext,
  options: RuntimeOptions,
): Promise<Runtime> {
  const logger = await openLogger(config, context);
  const slots = Math.max(config.accountIds.length, 1) * config.concurrencyPerAccount;
  const { command } = options;
  const database = await openDatabase(config, { command, stderr: context.stderr, connectionsMax: slots + 6 });
  const closing: (() => Promise<unknown>)[] = [() => database.close()];
  const closeAll = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const admission = openAdmission(config, context.now, database.pool, logger);
    const accounts = await connectAccounts(config, context, database, admission);
    closing.push(() => Promise.all(accounts.map(({ client }) => client.close())));
    const queue = await TaskQueue.start(database.url);
    closing.push(() => queue.stop());
    const { worker, runDeps, runSignals } = wire({
      config,
      context,
      options,
      database,
      accounts,
      queue,
      logger,
      admission,
    });
    await worker.start();
    closing.push(() => worker.stop(config.shutdownMs));
    return { database, worker, accounts, runDeps, runSignals, logger, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** The logger of a command, which tells once of names that look like settings and are none. */
async function openLogger(config: Config, { stderr }: CommandContext): Promise<Logger> {
  const format = config.logFormat ?? (stderr.isTTY === true ? 'pretty' : 'json');
  const logger = await createLogger({ level: config.logLevel, format, destination: stderr });
  for (const warning of config.warnings) logger.warn(warning);
  return logger;
}

interface Parts {
  readonly config: Config;
  readonly context: CommandContext;
  readonly options: RuntimeOptions;
  readonly database: OpenDatabase;
  readonly accounts: readonly RunAccount[];
  readonly queue: TaskQueue;
  readonly logger: Logger;
  readonly admission: AdmissionDeps;
}

/** What worker and run both use. */
function sharedDeps({ config, context, database, logger, queue, admission }: Parts) {
  const { pool } = database;
  const { now } = context;
  const { retryBaseMs } = config;
  return {
    ...{ pool, queue, ...admission, logger, now, sleep, retryBaseMs },
    slowAccount: (accountId: number, seconds: number) => slowAccount(pool, accountId, seconds),
    random: Math.random,
  };
}

function wire(parts: Parts) {
  const { config, context, options, database, logger } = parts;
  const shared = sharedDeps(parts);
  const bug = new AbortController();
  const refusalListeners = new Set<(accountId: number) => void>();
  const taskDeps: Omit<TaskDeps, 'slots'> = {
    ...shared,
    ...taskLimits(parts),
    loader: createEventLoader(),
    partitions: createPartitionKeeper(shared),
    findDefinition: findEventDefinition,
    onAccountRefused: (accountId) => {
      for (const listener of refusalListeners) listener(accountId);
    },
    onFatal: (error) => bug.abort(error),
    onProgress: (_task, records, inserted) => options.progress?.onPage(records, inserted),
  };
  const worker = new Worker({
    ...shared,
    ...workerLimits(parts),
    createAttempts: (slots) => new TaskAttempts({ ...taskDeps, slots }),
    isServed: (accountId) => taskDeps.findAccount(accountId) !== undefined,
    slotsOf: (accountId) => shared.rateLimit.slots(accountId),
    openSession: () =>
      openProcessSession(database.url, { command: options.command, host: os.hostname(), pid: process.pid }),
    onFatal: taskDeps.onFatal,
  });
  const runDeps: RunDeps = {
    ...shared,
    ...runLimits(config, options),
    processId: () => worker.processId,
    acquireSlot: (accountId, signal) => worker.acquireSlot(accountId, signal),
    drainWorker: () => worker.stop(config.shutdownMs),
    onPlanned: (runId, tasks) => {
      logger.info({ runId, tasks }, 'run planned');
      options.progress?.onPlanned(runId, tasks);
    },
  };
  const runSignals: RunSignals = {
    drain: context.signals.drain,
    bug: bug.signal,
    onAccountRefused: (listener) => {
      refusalListeners.add(listener);
      return () => refusalListeners.delete(listener);
    },
  };
  return { worker, runDeps, runSignals };
}

function taskLimits({ config, accounts }: Parts) {
  return {
    pageSize: config.pageSize,
    pagesMax: pagesPerWindow.max,
    findAccount: (id: number) => accounts.find(({ accountId }) => accountId === id),
  };
}

function workerLimits({ config, accounts }: Parts) {
  const perAccount = config.concurrencyPerAccount;
  return {
    // Twice the slots: while some tasks retrieve, others are claimed from the queue or released.
    concurrency: accounts.length * perAccount * 2,
    concurrencyPerAccount: perAccount * 2,
  };
}

function runLimits(config: Config, { gateWaitMs }: RuntimeOptions) {
  return {
    pageSize: config.pageSize,
    lookbackMs: config.jobLookbackMs,
    settlingMs: config.settlingMs,
    overlapMs: (definition: EventDefinition) => config.overlapMs ?? definition.overlapMinutes * 60_000,
    sizing: {
      eventsMax: pagesPerWindow.expected * config.pageSize,
      eventsMin: pagesPerWindow.least * config.pageSize,
      partsWanted: partsPerSlot * config.concurrencyPerAccount,
    },
    gateWaitMs,
  };
}

/** The definitions of the event types named, in the catalogue's order. */
export function definitionsOf(names: readonly string[]): EventDefinition[] {
  return eventCatalog.filter(({ name }) => names.includes(name));
}
