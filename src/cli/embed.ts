import type { Config } from '../config/config.ts';
import type { EventTypeName } from '../events/catalog.ts';
import type { StatusReport } from '../store/status/report.ts';
import type { RunSummary } from '../pipeline/run.ts';
import { home } from '../places.ts';
import type { CommandContext } from './context.ts';

// The package as a library: what `import … from 'sfmc-tracking'` gives. Few names, and these stay.

/** Settings by their names, as in the environment: `SFMC_SUBDOMAIN`, `DATABASE_URL` and so on. */
export type Settings = Readonly<Record<string, string>>;

export interface SyncOptions {
  /** Without it, all accounts of the settings. */
  readonly accountIds?: readonly number[];
  /** Without it, `EVENT_TYPES` of the settings. */
  readonly eventTypes?: readonly EventTypeName[];
  /** Without it, all jobs that are due. */
  readonly jobIds?: readonly number[];
  /** Stops the run: pages that are arriving are committed, the next run continues. */
  readonly signal?: AbortSignal;
  /** Takes the log, a line of JSON each. */
  readonly onLog?: (line: string) => void;
}

export type { EventTypeName, RunSummary, StatusReport };

/**
 * Runs one sync to its end, as the command `sync` does.
 *
 * @throws {Error} with `code` and a message for people: settings that are wrong, a database that cannot be reached.
 */
export async function runSync(settings: Settings, options: SyncOptions = {}): Promise<RunSummary> {
  const { openRuntime } = await import('./runtime/composition/compose.ts');
  const { keepHouseAfterRun } = await import('./runtime/housekeeping.ts');
  const sync = await import('../pipeline/sync.ts');
  const context = contextOf(settings, options);
  const config = await configOf(context, ['marketing-cloud']);
  const runtime = await openRuntime(config, context, { command: 'sync', gateWaitMs: config.gateWaitMs });
  const { worker, runDeps, runSignals } = runtime;
  let summary: RunSummary | undefined;
  try {
    worker.startTaking();
    summary = await sync.runSync({ ...runtime.select(options), jobIds: options.jobIds }, runDeps, runSignals);
    await keepHouseAfterRun(runtime, config);
  } finally {
    await runtime.close();
  }
  if (runSignals.fatal.aborted) throw runSignals.fatal.reason;
  if (summary === undefined) throw new Error('a sync without a tick was refused its row');
  return summary;
}

/** Reads where everything stands, as `status --json` prints it. */
export async function readStatus(settings: Settings): Promise<StatusReport> {
  const { openDatabase } = await import('./open-database.ts');
  const { readStatusReport } = await import('../store/status/report.ts');
  const context = contextOf(settings, {});
  const config = await configOf(context, []);
  const database = await openDatabase(config, { command: 'status', onNotice: ignore });
  try {
    return await readStatusReport(database.pool, context.now(), { yearlyCalls: config.yearlyCalls });
  } finally {
    await database.close();
  }
}

/** Brings the schema of the database up to date, as the command `migrate` does. */
export async function migrate(settings: Settings): Promise<void> {
  const { openDatabase } = await import('./open-database.ts');
  const { migrateDatabase } = await import('../store/schema/migrate.ts');
  const config = await configOf(contextOf(settings, {}), []);
  const database = await openDatabase(config, {
    command: 'migrate',
    onNotice: ignore,
    isSchemaOptional: true,
  });
  try {
    const { readerRole, reportingTimeZone } = config;
    await migrateDatabase({ databaseUrl: database.url, readerRole, reportingTimeZone });
  } finally {
    await database.close();
  }
}

/** One page of a Retrieve. */
export interface RetrievePage {
  /** `OK` on the last page, `MoreDataAvailable` before. */
  readonly overallStatus: string | undefined;
  readonly requestId: string | undefined;
  /** The text of each record's properties, in the order they were named; null where the record has none. */
  readonly records: readonly (readonly (string | null)[])[];
  /** Records with text that XML or Postgres cannot hold; they are not among `records`. */
  readonly unreadable: number;
}

/**
 * Parses the response to a SOAP Retrieve while it arrives. The parser on its own: it needs no settings and no database.
 *
 * @throws {Error} with `code` where the response is damaged: none of its records may be used.
 */
export async function parseRetrieve(
  body: AsyncIterable<Uint8Array>,
  properties: readonly string[],
): Promise<RetrievePage> {
  const { parseResponse } = await import('../marketing-cloud/response/response-parser.ts');
  const records: (readonly (string | null)[])[] = [];
  let unreadable = 0;
  const { overallStatus, requestId } = await parseResponse(body, {
    properties,
    recordsMax,
    sink: {
      append(values, problem) {
        if (problem === undefined) records.push([...values]);
        else unreadable += 1;
      },
    },
  });
  return { overallStatus, requestId, records, unreadable };
}

/** A server may ignore the size of a page that was requested; more than this is damage. */
const recordsMax = 10_000;

type ConfigNeeds = readonly 'marketing-cloud'[];

async function configOf({ env, cwd }: CommandContext, needs: ConfigNeeds): Promise<Config> {
  const { loadConfig } = await import('../config/config.ts');
  return loadConfig(env, { cwd, needs });
}

/** The settings are all there is: neither the environment of the process nor a `.env` counts. */
function contextOf(settings: Settings, { signal, onLog = ignore }: SyncOptions): CommandContext {
  const never = new AbortController().signal;
  return {
    env: { LOG_FORMAT: 'json', ...settings },
    cwd: home,
    stdout: { write: ignore },
    stderr: { write: onLog },
    verbosity: 'normal',
    signals: { drain: signal ?? never, abort: never },
    now: () => new Date(),
  };
}

const ignore = (): undefined => undefined;
