import pg from 'pg';
import { PipelineError, StoreRejectedError, StoreUnavailableError } from '../errors.ts';

/** The connections of a process. */
export type Pool = pg.Pool;

/** What statements run on: a pool, or one connection inside a transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

const int8Oid = 20;

/** Ids and counts are JavaScript numbers throughout; none of ours comes near 2^53. */
const types = new pg.TypeOverrides();
types.setTypeParser(int8Oid, Number);

export interface PoolOptions {
  databaseUrl: string;
  /** Connections at most. */
  connectionsMax: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
}

export const connectTimeoutMs = 10_000;

/** Settings every connection of ours shares: UTC, short keepalives, a bounded wait for the server. */
export function connectionOptions(databaseUrl: string, applicationName: string): pg.ClientConfig {
  return {
    connectionString: databaseUrl,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // A process that is suspended in the middle of a transaction must not hold the others up for long: Postgres
    // ends its session. No transaction of ours waits for anything but Postgres. Compiling a statement costs
    // more than any of ours takes.
    options: '-c TimeZone=UTC -c lock_timeout=60s -c idle_in_transaction_session_timeout=10s -c jit=off',
    types,
  };
}

/** A pool whose idle connections may die without taking the process along. */
export function createPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    ...connectionOptions(options.databaseUrl, options.applicationName),
    max: options.connectionsMax,
    allowExitOnIdle: true,
  });
  // A broken idle connection is replaced at its next use, where the failure has a caller.
  pool.on('error', () => undefined);
  return pool;
}

/**
 * Runs `work` in one transaction on one connection: all of it commits, or nothing does.
 *
 * @throws {StoreUnavailableError} when the connection broke or the transaction lost a deadlock.
 * @throws {StoreRejectedError} when Postgres refused the data.
 */
export async function inTransaction<Result>(
  pool: pg.Pool,
  work: (tx: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect().catch((error: unknown) => {
    throw storeErrorFrom(error);
  });
  // Without a listener, a connection that breaks between two statements would end the process.
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

/** SQLSTATE classes that say "not now": connection, resources, operator, deadlock, lock time-out, not accepting. */
const unavailableStates = /^(08|53|57|40001|40P01|55P03|55000|25006|58)/u;

/** Node's and the driver's ways to say that the connection is not there. */
const unavailableTexts =
  /ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENOENT|terminated|timeout exceeded|not queryable|Connection ended/u;

/** The driver's error as one of ours; anything that is not Postgres's, or ours already, stays what it is. */
export function storeErrorFrom(error: unknown): PipelineError | Error {
  if (error instanceof PipelineError) return error;
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof pg.DatabaseError) {
    const { code = '', constraint, table } = error;
    const context = { sqlState: code, constraint, table };
    if (unavailableStates.test(code))
      return new StoreUnavailableError(`Postgres: ${error.message}`, context, { cause: error });

    return new StoreRejectedError(`Postgres refused a statement: ${error.message}`, context, {
      cause: error,
    });
  }
  const text = `${'code' in error ? String(error.code) : ''} ${error.message}`;
  if (unavailableTexts.test(text)) {
    const reason = error.message === '' ? text.trim() : error.message;
    return new StoreUnavailableError(`Postgres cannot be reached: ${reason}`, {}, { cause: error });
  }
  return error;
}
