import os from 'node:os';
import type { Config } from '../../../config/config.ts';
import type { ErrorCode } from '../../../errors.ts';
import { eventCatalog } from '../../../events/catalog.ts';
import type { EventDefinition } from '../../../events/define-event.ts';
import type { Logger } from '../../../logger.ts';
import type { AdmissionDeps } from '../../../pipeline/admission/admission.ts';
import { sleep } from '../../../pipeline/backoff.ts';
import type { TaskDeps } from '../../../pipeline/extraction/active-task.ts';
import { TaskAttempts } from '../../../pipeline/extraction/task-attempts.ts';
import { Worker } from '../../../pipeline/extraction/worker.ts';
import { openPrivacy, type Privacy } from '../../../pipeline/privacy.ts';
import type { RunAccount, RunDeps, RunSignals } from '../../../pipeline/run.ts';
import { TaskQueue } from '../../../store/queue/task-queue.ts';
import { createEventLoader } from '../../../store/load/event-loader.ts';
import { createPartitionKeeper, type PartitionKeeper } from '../../../store/load/partitions.ts';
import { holderText } from '../../../store/connection/lock-holders.ts';
import { createDatabaseClock } from '../../../store/clock.ts';
import { openProcessSession } from '../../../store/connection/session.ts';
import type { Selection } from '../../options/selection.ts';
import type { CommandContext } from '../../context.ts';
import { openDatabase, type OpenDatabase } from '../../open-database.ts';
import { noticesOf } from '../../output.ts';
import { connectAccounts, selectAccounts } from './connect-accounts.ts';
import { processSlots, runLimits, taskLimits, workerLimits } from './limits.ts';
import { openAdmission } from './open-admission.ts';
import { openLogger } from './open-logger.ts';
import { watchLocks } from './watch-locks.ts';

/** Connections of a process besides one per slot: run, gate, rescue of dead processes, status, housekeeping and its lock. */
const connectionsBesides = 8;

/** Receives the progress of a run. */
export interface ProgressListener {
  readonly isShown: boolean;
  onPlanned(runId: number, tasks: number): void;
  onPage(records: number, inserted: number): void;
}

/** Everything a command that extracts needs, opened and connected. */
export interface Runtime {
  readonly database: OpenDatabase;
  readonly worker: Worker;
  readonly runDeps: RunDeps;
  readonly runSignals: RunSignals;
  readonly partitions: PartitionKeeper;
  readonly privacy: Privacy;
  readonly reachability: AdmissionDeps['reachability'];
  readonly logger: Logger;
  /** The accounts and event types of a run: those that are named, else all that are configured. */
  select(selection: Selection): RunParts;
  /** Takes no further task, lets pages that are arriving commit, and closes everything. */
  close(): Promise<void>;
}

interface RunParts {
  readonly accounts: readonly RunAccount[];
  readonly definitions: readonly EventDefinition[];
}

export interface RuntimeOptions {
  readonly command: string;
  /** How long a run waits at a closed gate. */
  readonly gateWaitMs: number;
  readonly progress?: ProgressListener;
  /** Called before accounts are connected, which waits for an address that does not respond; returns what ends it. */
  readonly onOpened?: (opened: Opened) => Promise<() => Promise<void>>;
}

/** What there is before accounts are connected. */
export type Opened = Pick<Runtime, 'database' | 'reachability' | 'logger'>;

/**
 * Opens database, queue and worker, and connects the accounts.
 *
 * @throws {ConfigInvalidError} when the schema is behind or no account can be identified.
 * @throws {StoreUnavailableError} when the database cannot be reached.
 */
export async function openRuntime(
  config: Config,
  given: CommandContext,
  options: RuntimeOptions,
): Promise<Runtime> {
  const logger = await openLogger(config, given, options.progress?.isShown);
  const { command } = options;
  const connectionsMax = processSlots(config, config.accountIds.length) + connectionsBesides;
  const database = await openDatabase(config, { command, onNotice: noticesOf(given), connectionsMax });
  const closing: (() => Promise<unknown>)[] = [() => database.close()];
  const closeAll = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const privacy = await openPrivacy(database.pool, config.keySecret?.reveal());
    const now = await createDatabaseClock(database.pool);
    const context = { ...given, now };
    const admission = openAdmission(config, now, database.pool, logger);
    admission.counter.start();
    closing.push(() => admission.counter.stop());
    const { reachability } = admission;
    if (options.onOpened !== undefined)
      closing.push(await options.onOpened({ database, reachability, logger }));
    const isService = isServiceOf(options);
    const accounts = await connectAccounts(config, context, database, { ...admission, logger, isService });
    closing.push(() => Promise.all(accounts.map(({ client }) => client.close())));
    const queue = await TaskQueue.start(database.url);
    closing.push(() => queue.stop());
    const opened = { config, context, options, database, accounts, queue, logger, admission, privacy };
    const { worker, ...wired } = wire(opened);
    closing.push(watchLocks(database.pool, accounts, config, logger));
    await worker.start();
    closing.push(() => worker.stop(config.shutdownMs));
    const select = ({ accountIds, eventTypes = config.eventTypes }: Selection) => ({
      accounts: selectAccounts(accounts, accountIds),
      definitions: eventCatalog.filter(({ name }) => eventTypes.includes(name)),
    });
    return { database, worker, ...wired, privacy, reachability, logger, select, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** A service runs until it is stopped, and waits where a run ends. */
function isServiceOf({ gateWaitMs }: RuntimeOptions): boolean {
  return gateWaitMs === Infinity;
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
  readonly privacy: Privacy;
}

/** What worker and run both use. */
function sharedDeps({ config, context, options, database, logger, queue, admission, privacy }: Parts) {
  const { pool } = database;
  const { now } = context;
  const { retryBaseMs, retention } = config;
  return {
    ...{ pool, queue, ...admission, logger, now, sleep, retryBaseMs, retention, privacy },
    isService: isServiceOf(options),
    slowAccount: (accountId: number, code: ErrorCode) => admission.rateLimit.reduce(accountId, code),
    random: Math.random,
  };
}

function wire(parts: Parts) {
  const { config, context, options, database, accounts, logger } = parts;
  const shared = sharedDeps(parts);
  const fatal = new AbortController();
  const partitions = createPartitionKeeper(shared);
  const taskDeps: Omit<TaskDeps, 'slots'> = {
    ...shared,
    ...taskLimits(config),
    findAccount: (id) => accounts.find(({ accountId }) => accountId === id),
    loader: createEventLoader(),
    partitions,
    onFatal: (error) => fatal.abort(error),
    onProgress: ({ kind }, records, inserted) => {
      if (kind !== 'dimension') options.progress?.onPage(records, inserted);
    },
  };
  const worker = new Worker({
    ...shared,
    ...workerLimits(config, accounts.length),
    createAttempts: (slots) => new TaskAttempts({ ...taskDeps, slots }),
    isServed: (accountId) => taskDeps.findAccount(accountId) !== undefined,
    slotsOf: (accountId) => shared.rateLimit.slots(accountId),
    openSession: () =>
      openProcessSession(
        database.url,
        { command: options.command, host: os.hostname(), pid: process.pid },
        (holder) =>
          logger.warn({ ...holder, advice: holderText(holder) }, 'waiting for a lock of another session'),
      ),
    onFatal: taskDeps.onFatal,
  });
  const runDeps: RunDeps = {
    ...shared,
    ...runLimits(config),
    gateWaitMs: options.gateWaitMs,
    processId: () => worker.processId,
    drainWorker: () => worker.stop(config.shutdownMs),
    onPlanned: (runId, tasks) => {
      logger.info({ runId, tasks }, 'run planned');
      options.progress?.onPlanned(runId, tasks);
    },
  };
  const runSignals: RunSignals = { drain: context.signals.drain, fatal: fatal.signal };
  return { worker, runDeps, runSignals, partitions };
}
