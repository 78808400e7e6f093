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
  /** Ends this process's use; the last process to leave stops the server, unless it is kept. */
  leave(): Promise<void>;
}

export interface JoinOptions {
  dataDir: string;
  /** Keeps the server running after the last process left, until `stopEmbeddedPostgres`. */
  keep?: boolean;
  /** No fsync, and connections that cost little: for tests, which delete their data at the end. */
  isFast?: boolean;
  onNotice?: (line: string) => void;
}

const database = 'sfmc_tracking';
// An arbitrary number that every version of this program must share.
const presenceLock = 7_331_220_417;
const startTriesMax = 4;
// Time for a port or an old server's shared memory to become free.
const restartDelayMs = 500;

/**
 * Connects to the Postgres in the data directory and starts it if it is not running.
 *
 * Every process that uses the server holds a shared advisory lock on it. Postgres releases the lock when the
 * process ends, even if it is killed, so the last process knows that it is the last. A server that is still
 * running after its process was killed is used again.
 *
 * @throws {ConfigInvalidError} when the data directory or this machine cannot be used; says what to set instead.
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

/** Stops the server even if other processes use it, and no longer keeps it running. */
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

/** Whether a data directory has a Postgres, running or not. Creates nothing. */
export function hasEmbeddedPostgres(options: { dataDir: string }): boolean {
  return fs.existsSync(locateDataDir(options.dataDir).cluster);
}

/** The URL of the running server; undefined if none is running. Starts nothing. */
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
      // Another program may take the port before the server does, and after a hard stop the old server's
      // processes need a moment to end. Both are temporary.
      const isTemporary = logTail(dir).some((line) => /could not bind|pre-existing shared memory/.test(line));
      if (!isTemporary || attempt === startTriesMax) throw error;
      await sleep(restartDelayMs);
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
      'the embedded Postgres does not respond',
      { log: logTail(dir) },
      { cause: error },
    );
  }
}

async function leave(dir: DataDir, presence: Client): Promise<void> {
  // The data directory may have been deleted, and the server with it.
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
    const lock = await presence.query<{ is_last: boolean }>('select pg_try_advisory_lock($1) as is_last', [
      presenceLock,
    ]);
    return lock.rows[0]?.is_last ?? false;
  } catch {
    // The connection is lost: another process stopped the server.
    return false;
  }
}

/** Connects to `postgres`, which always exists: advisory locks belong to one database. */
async function connect(dir: DataDir, port: number): Promise<Client> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: readPassword(dir),
    database: 'postgres',
    ssl: false,
    application_name: 'sfmc-tracking presence',
    // Replaces PGOPTIONS, which may be meant for another server.
    options: '-c client_min_messages=warning',
    connectionTimeoutMillis: 10_000,
  });
  // Without a listener, a server that stops would crash this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw new StoreUnavailableError(
      'the embedded Postgres refused the connection',
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
