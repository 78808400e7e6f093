import pg from 'pg';
import { program } from '../../invocation.ts';
import {
  ConfigInvalidError,
  PipelineError,
  StoreRejectedError,
  StoreUnavailableError,
} from '../../errors.ts';
import { instantFromText } from './instant-text.ts';
import { connectingErrorFrom, connectionErrorFrom } from './connection-errors.ts';
import { findUrlProblem, urlForDriver } from './database-url.ts';
import { SparingPool } from './sparing-pool.ts';

/** The connections of a process. */
export type Pool = pg.Pool;

/** A pool, or one connection inside a transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

const int8Oid = 20;
const int8ArrayOid = 1016;
const timestamptzOid = 1184;

/** The driver's own way. */
const parseInstant: unknown = new pg.TypeOverrides().getTypeParser(timestamptzOid);

/** Ids and counts are JavaScript numbers: all of ours are far below 2^53. */
const types = new pg.TypeOverrides();
types.setTypeParser(int8Oid, Number);
types.setTypeParser(timestamptzOid, (text: string): unknown => {
  const instant = instantFromText(text);
  if (instant !== undefined || typeof parseInstant !== 'function') return instant;
  return Reflect.apply(parseInstant, undefined, [text]);
});
types.setTypeParser(int8ArrayOid, (text) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number)));

export interface PoolOptions {
  databaseUrl: string;
  /** Connections at most. */
  connectionsMax: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Statements for each new connection, after those that all sessions get. */
  settings?: string;
  /** Runs on the first connection before anything else does; the caller that waits for it gets the error. */
  onFirst?: (client: pg.ClientBase) => Promise<void>;
}

export const connectTimeoutMs = 10_000;

/**
 * How connections are made: short keepalives, and a limit on the wait for the server.
 *
 * @throws {ConfigInvalidError} for a URL that would not mean what its writer meant.
 */
export function connectionOptions(databaseUrl: string, applicationName: string): pg.ClientConfig {
  const problem = findUrlProblem(databaseUrl);
  if (problem !== undefined) throw new ConfigInvalidError(`DATABASE_URL is not accepted: ${problem}`);
  return {
    connectionString: urlForDriver(databaseUrl),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types,
  };
}

/**
 * Statements that every session starts with, whatever the role, the database, PGOPTIONS or the URL set.
 *
 * They are statements because PgBouncer refuses or drops start-up options. The search path leaves out every
 * schema in which another role could create a function of the same name as one of Postgres'. A transaction of
 * a suspended process must not block others for long, and none of ours waits for anything but Postgres.
 * A connection to a machine that vanished ends within half a minute. Compiling a statement (jit) takes longer than any
 * of ours runs.
 */
export const sessionSettings = `
  set search_path = pg_catalog, pg_temp;
  set timezone = 'UTC';
  set datestyle = 'ISO, MDY';
  set intervalstyle = 'postgres';
  set default_transaction_isolation = 'read committed';
  set lock_timeout = '60s';
  set idle_in_transaction_session_timeout = '10s';
  set idle_session_timeout = 0;
  set tcp_keepalives_idle = 10;
  set tcp_keepalives_interval = 5;
  set tcp_keepalives_count = 4;
  set jit = off;`;

/** A pool of sessions with our settings, as few as serve. A broken idle connection does not end the process. */
export function createPool(options: PoolOptions): pg.Pool {
  const settings = `${sessionSettings}${options.settings ?? ''}`;
  let { onFirst } = options;
  const pool = new SparingPool({
    ...connectionOptions(options.databaseUrl, options.applicationName),
    max: options.connectionsMax,
    allowExitOnIdle: true,
    // Runs once for each new connection, before its first use.
    verify: (client, done) => {
      const checked = onFirst?.(client) ?? Promise.resolve();
      onFirst = undefined;
      checked
        .then(() => client.query(settings))
        .then(() => {
          done();
        }, done);
    },
  });
  // A broken idle connection is replaced at its next use, and that caller gets the failure.
  pool.on('error', ignore);
  // The pool listens to idle connections only: one that breaks while its session is set up would end the process.
  pool.on('connect', (client) => client.on('error', ignore));
  return pool;
}

/**
 * Runs `work` on one connection, which is closed where it fails, as the driver's pool does.
 *
 * @throws {StoreUnavailableError} when there is none; what `work` throws, as it is.
 */
export async function onConnection<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect().catch((error: unknown) => {
    throw connectingErrorFrom(error);
  });
  // Without a listener, a connection that breaks between two statements would crash the process.
  client.on('error', ignore);
  let isFailed = true;
  try {
    const result = await work(client);
    isFailed = false;
    return result;
  } finally {
    client.off('error', ignore);
    client.release(isFailed);
  }
}

/**
 * Runs `work` in one transaction: all of it commits, or nothing does.
 *
 * @throws {StoreUnavailableError} when the connection broke or the transaction lost a deadlock.
 * @throws {StoreRejectedError} when Postgres refused the data.
 */
export async function inTransaction<Result>(
  pool: pg.Pool,
  work: (tx: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect().catch((error: unknown) => {
    throw connectingErrorFrom(error);
  });
  // Without a listener, a connection that breaks between two statements would crash the process.
  client.on('error', ignore);
  let isBroken = false;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      isBroken = true;
    });
    throw storeErrorFrom(error);
  } finally {
    client.off('error', ignore);
    client.release(isBroken);
  }
}

function ignore(): void {
  // The next statement on the connection reports the failure.
}

/**
 * SQLSTATE classes of temporary failures: connection, resources, operator, deadlock, lock timeout, read-only, and a
 * transaction that the server ended because it was idle or took too long: its process was suspended, or got no time.
 */
const unavailableStates = /^(08|53|57|40001|40P01|55P03|55000|25006|25P03|25P04|58)/u;

/** A schema, a table or a function is not there: it was removed, or a backup was restored in part. */
const missingStates = new Set(['3F000', '42P01', '42883']);

/** Converts an error of Postgres or the driver to one of ours; returns any other error unchanged. */
export function storeErrorFrom(error: unknown): PipelineError | Error {
  if (error instanceof PipelineError) return error;
  if (!(error instanceof Error)) return new Error(String(error));
  const noConnection = connectionErrorFrom(error);
  if (noConnection !== undefined) return noConnection;
  if (!(error instanceof pg.DatabaseError)) return error;
  const { code = '', constraint, table } = error;
  const context = { sqlState: code, constraint, table };
  if (missingStates.has(code)) {
    const advice = `a part of the schema is missing: run ${program} migrate, or restore a backup`;
    return new ConfigInvalidError(`Postgres: ${error.message}: ${advice}`, context, { cause: error });
  }
  return unavailableStates.test(code)
    ? new StoreUnavailableError(`Postgres: ${error.message}`, context, { cause: error })
    : new StoreRejectedError(`Postgres refused a statement: ${error.message}`, context, { cause: error });
}
