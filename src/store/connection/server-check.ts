import pg from 'pg';
import { ConfigInvalidError, StoreUnavailableError } from '../../errors.ts';
import { connectingErrorFrom } from './connection-errors.ts';
import { connectionOptions, createPool, type Pool, type PoolOptions } from './pool.ts';

const versionMin = 15;

/** Statements on each connection that show a transaction pooler. */
const looks = ['one', 'other', 'one', 'one', 'other', 'other', 'one'] as const;

/** A pooler without a free server connection must not hold the check up. */
const lookTimeoutMs = 5_000;

/** Names its schema everywhere: the search path is not ours yet. */
const look = {
  text: `select pg_catalog.pg_backend_pid() as pid,
                pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version,
                pg_catalog.current_setting('server_encoding') as encoding,
                pg_catalog.current_database()::pg_catalog.text as database`,
  query_timeout: lookTimeoutMs,
};

interface Server {
  readonly pid: number;
  readonly version: number;
  readonly encoding: string;
  readonly database: string;
}

/**
 * A pool whose first connection has checked that this program can work with the server. The check changes nothing
 * there, not even a setting of the session, which a pooler might hand to another application.
 *
 * @throws {StoreUnavailableError} with advice, whatever failed while connecting.
 * @throws {ConfigInvalidError} for an older Postgres, an encoding that cannot hold every text, or a transaction pooler.
 */
export async function openCheckedPool(options: PoolOptions): Promise<Pool> {
  const pool = createPool({ ...options, onFirst: (client) => checkServer(client, options) });
  try {
    const client = await pool.connect();
    client.release();
    return pool;
  } catch (error) {
    await pool.end().catch(() => undefined);
    throw connectingErrorFrom(error);
  }
}

async function checkServer(client: pg.ClientBase, options: PoolOptions): Promise<void> {
  const server = await readServer(client);
  const problem = findProblem(server) ?? (await findPoolerProblem(client, server, options));
  if (problem !== undefined) throw new ConfigInvalidError(`DATABASE_URL: ${problem}`);
}

async function readServer(client: pg.ClientBase): Promise<Server> {
  const { rows } = await client.query<Server>(look);
  const [server] = rows;
  if (server === undefined) throw new StoreUnavailableError('Postgres cannot be reached: no result');
  return server;
}

function findProblem({ version, encoding, database }: Server): string | undefined {
  if (version < versionMin * 10_000)
    return `the server is Postgres ${Math.floor(version / 10_000)}; Postgres ${versionMin} or later is needed`;

  return encoding === 'UTF8'
    ? undefined
    : `database ${database} has encoding ${encoding}, which cannot hold every text: create one with encoding 'UTF8' (template template0)`;
}

/**
 * Two clients that are connected at the same time never share a server process, and each keeps its own, unless
 * a pooler hands them out by transaction. Then locks and settings of a session mean nothing.
 */
async function findPoolerProblem(
  one: pg.ClientBase,
  { pid }: Server,
  options: PoolOptions,
): Promise<string | undefined> {
  // A pooler invents the key that it gives its clients; a server's names the process.
  if ('processID' in one && one.processID === pid) return undefined;
  const other = await connect(options);
  try {
    const clients = { one, other };
    const pids = { one: new Set([pid]), other: new Set<number>() };
    for (const name of looks) pids[name].add((await readServer(clients[name])).pid);
    const isSession = pids.one.size === 1 && pids.other.size === 1 && !pids.other.has(pid);
    return isSession
      ? undefined
      : 'a pooler in transaction mode is in between: locks and LISTEN need a direct connection or session mode';
  } finally {
    await other.end().catch(() => undefined);
  }
}

async function connect({ databaseUrl, applicationName }: PoolOptions): Promise<pg.Client> {
  const client = new pg.Client(connectionOptions(databaseUrl, applicationName));
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
