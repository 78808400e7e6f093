import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { PipelineError, StoreUnavailableError } from '../../errors.ts';
import { findBinaries } from './binaries.ts';
import {
  chooseServerAccount,
  locateDataDir,
  prepareDataDir,
  readPassword,
  type DataDir,
} from './data-dir.ts';
import { withFileLock } from './file-lock.ts';
import { choosePort } from './port.ts';
import {
  createCluster,
  findServer,
  logTail,
  settledServer,
  startServer,
  stopServer,
  type RunningServer,
} from './server.ts';

export interface EmbeddedPostgres {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** Leaves; the last process to leave stops the server unless it is kept. */
  leave(): Promise<void>;
}

export interface JoinOptions {
  dataDir: string;
  /** The server stays when the last process leaves, until `stopEmbeddedPostgres`. */
  keep?: boolean;
  /** Speed before durability: for tests, whose data dies with them. */
  isFast?: boolean;
  onNotice?: (line: string) => void;
}

const database = 'sfmc_tracking';
// Any number will do, so long as every version of this program uses the same one.
const presenceLock = 7_331_220_417;
const startTriesMax = 4;

/**
 * Joins the Postgres that lives in the data directory, and starts it if it does not run.
 *
 * Every process that uses it says so by a shared lock on the server, which ends with the process
 * however that ends: so the last one can tell that it is the last, and a server that outlived a
 * killed process is simply joined.
 *
 * @throws {ConfigInvalidError} when the data directory or this machine cannot serve; says what to set instead.
 * @throws {StoreUnavailableError} when the server does not start; the end of its log is in the context.
 */
export async function joinEmbeddedPostgres(options: JoinOptions): Promise<EmbeddedPostgres> {
  const dir = prepareDataDir(options.dataDir);
  try {
    return await withFileLock(dir.lock, () => join(dir, options));
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    const reason = oneLine(error);
    throw new StoreUnavailableError(`no embedded Postgres in ${dir.root}: ${reason}`, {}, { cause: error });
  }
}

/** Stops the server for everybody and forgets that it was to be kept. */
export async function stopEmbeddedPostgres(options: { dataDir: string }): Promise<'stopped' | 'not running'> {
  const dir = locateDataDir(options.dataDir);
  if (!fs.existsSync(dir.cluster)) return 'not running';
  prepareDataDir(options.dataDir);
  chooseServerAccount(dir);
  return await withFileLock(dir.lock, async () => {
    fs.rmSync(dir.keep, { force: true });
    return (await stopServer(dir)) ? 'stopped' : 'not running';
  });
}

/** Where the running server can be reached; undefined when none runs. Starts nothing. */
export async function embeddedPostgresUrl(options: { dataDir: string }): Promise<string | undefined> {
  const dir = locateDataDir(options.dataDir);
  if (!findServer(dir)) return undefined;
  const server = await settledServer(dir);
  return server && urlOf(dir, server.port);
}

async function join(dir: DataDir, options: JoinOptions): Promise<EmbeddedPostgres> {
  const server = (await settledServer(dir)) ?? (await start(dir, options));
  const presence = await takePresence(dir, server.port);
  if (options.keep) fs.writeFileSync(dir.keep, '');
  let left: Promise<void> | undefined;
  return {
    url: urlOf(dir, server.port),
    port: server.port,
    dataDir: dir.root,
    leave: () => (left ??= leave(dir, presence)),
  };
}

async function start(dir: DataDir, { isFast = false, onNotice }: JoinOptions): Promise<RunningServer> {
  const account = chooseServerAccount(dir);
  const binaries = await findBinaries(dir, account);
  readPassword(dir);
  if (!fs.existsSync(dir.cluster)) {
    onNotice?.(`creating the embedded Postgres in ${dir.root}`);
    await createCluster({ dir, binaries, account, isFast });
  }
  for (let attempt = 1; ; attempt += 1) {
    const port = await choosePort(dir, onNotice);
    try {
      return await startServer({ dir, binaries, account, port, isFast });
    } catch (error) {
      // Between our look and the server's start somebody may take the port; after a hard stop the old server's
      // processes need a moment to notice. Both pass.
      const isPassing = logTail(dir).some((line) => /could not bind|pre-existing shared memory/.test(line));
      if (!isPassing || attempt === startTriesMax) throw error;
      await sleep(500);
    }
  }
}

async function takePresence(dir: DataDir, port: number): Promise<Client> {
  const presence = await connect(dir, port);
  try {
    await presence.query('select pg_advisory_lock_shared($1)', [presenceLock]);
    const found = await presence.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await presence.query(`create database ${database}`);
    return presence;
  } catch (error) {
    await presence.end();
    throw new StoreUnavailableError(
      'the embedded Postgres does not answer',
      { log: logTail(dir) },
      { cause: error },
    );
  }
}

async function leave(dir: DataDir, presence: Client): Promise<void> {
  // The data directory may be gone by now, and the server with it.
  if (!fs.existsSync(dir.root)) {
    await presence.end();
    return;
  }
  await withFileLock(dir.lock, async () => {
    const isLast = await isLastToLeave(presence);
    await presence.end();
    if (isLast && !fs.existsSync(dir.keep)) await stopServer(dir);
  });
}

async function isLastToLeave(presence: Client): Promise<boolean> {
  try {
    await presence.query('select pg_advisory_unlock_shared($1)', [presenceLock]);
    const answer = await presence.query<{ is_last: boolean }>('select pg_try_advisory_lock($1) as is_last', [
      presenceLock,
    ]);
    return answer.rows[0]?.is_last ?? false;
  } catch {
    // Our connection ended before us: somebody stopped the server, so it is not ours to stop.
    return false;
  }
}

/** Advisory locks belong to a database: presence is taken in `postgres`, which nobody drops. */
async function connect(dir: DataDir, port: number): Promise<Client> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: readPassword(dir),
    database: 'postgres',
    ssl: false,
    application_name: 'sfmc-tracking presence',
    // Stands in for PGOPTIONS, which may be meant for quite another server.
    options: '-c client_min_messages=warning',
    connectionTimeoutMillis: 10_000,
  });
  // Without a listener a server that stops would end our process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw new StoreUnavailableError(
      'the embedded Postgres refuses us',
      { log: logTail(dir) },
      { cause: error },
    );
  }
}

function urlOf(dir: DataDir, port: number): string {
  return `postgres://postgres:${readPassword(dir)}@127.0.0.1:${port}/${database}`;
}

function oneLine(error: unknown): string {
  return String(error).replace(/\s+/g, ' ');
}
