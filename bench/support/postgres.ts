import { chmodSync } from 'node:fs';
import pg from 'pg';
import { joinEmbeddedPostgres, stopEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts';
import { migrateDatabase } from '../../src/store/schema/migrate.ts';
import { cpuSecondsOfFamily, parentOf } from '../cpu/cpu-seconds.ts';
import { makeFolder, removeFolder } from '../processes/folders.ts';

/** A server for measurements, and fresh migrated databases on it. */
export interface BenchServer {
  readonly isEmbedded: boolean;
  readonly version: string;
  readonly settings: Readonly<Record<string, string>>;
  createDatabase(): Promise<BenchDatabase>;
  /** CPU of all its processes since its start; not a number where they cannot be seen. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

export interface BenchDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

// With the default of 1 GB, checkpoints would fall on whoever happens to have his turn.
const ownSettings = { max_wal_size: '4GB', checkpoint_timeout: '30min' };

const shownSettings = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'max_wal_size',
  'checkpoint_timeout',
] as const;

/** The server of BENCH_DATABASE_URL as it is, or one of the embedded kind in a folder that goes away again. */
export async function startBenchServer(givenUrl: string | undefined): Promise<BenchServer> {
  if (givenUrl !== undefined) return describe(givenUrl, false, () => Promise.resolve());
  const dataDir = makeFolder();
  // Started by root, the server runs as another user, who must be able to enter.
  chmodSync(dataDir, 0o755);
  const embedded = await joinEmbeddedPostgres({ dataDir });
  for (const [name, value] of Object.entries(ownSettings))
    await withClient(embedded.url, (client) => client.query(`alter system set ${name} = '${value}'`));

  await withClient(embedded.url, (client) => client.query('select pg_reload_conf()'));
  return describe(embedded.url, true, async () => {
    await embedded.leave();
    await stopEmbeddedPostgres({ dataDir }).catch(() => undefined);
    removeFolder(dataDir);
  });
}

async function describe(
  adminUrl: string,
  isEmbedded: boolean,
  stop: () => Promise<void>,
): Promise<BenchServer> {
  const settings: Record<string, string> = {};
  let version = '';
  let mainPid: number | undefined;
  await withClient(adminUrl, async (client) => {
    for (const name of shownSettings) {
      const { rows } = await client.query<{ value: string }>('select current_setting($1) as value', [name]);
      settings[name] = rows[0]?.value ?? '';
    }
    const { rows } = await client.query<{ version: string; pid: number }>(
      `select current_setting('server_version') as version, pg_backend_pid() as pid`,
    );
    version = rows[0]?.version ?? '';
    // Another server may run on another machine, where the number names something else.
    if (isEmbedded) mainPid = parentOf(rows[0]?.pid ?? NaN);
  });
  let count = 0;
  // Migrated once; every database is a copy of it.
  const template = await createTemplate(adminUrl);
  return {
    isEmbedded,
    version,
    settings,
    cpuSeconds: () => cpuSecondsOfFamily(mainPid),
    async stop() {
      await withClient(adminUrl, (client) =>
        client.query(`drop database if exists ${template} with (force)`),
      );
      await stop();
    },
    async createDatabase() {
      count += 1;
      const name = `sfmc_tracking_bench_${process.pid}_${count}`;
      await withClient(adminUrl, (client) => client.query(`create database ${name} template ${template}`));
      return {
        url: urlOf(adminUrl, name),
        drop: async () => {
          await withClient(adminUrl, (client) =>
            client.query(`drop database if exists ${name} with (force)`),
          );
        },
      };
    },
  };
}

async function createTemplate(adminUrl: string): Promise<string> {
  const name = `sfmc_tracking_bench_${process.pid}_template`;
  await withClient(adminUrl, (client) => client.query(`create database ${name} template template0`));
  await migrateDatabase({ databaseUrl: urlOf(adminUrl, name) });
  return name;
}

function urlOf(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = database;
  return url.href;
}

/** A connection. Where the server ends it, as it does when a benchmark is stopped, the statement that is sent fails, and no more. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

export async function withClient<Result>(
  url: string,
  act: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = await connect(url);
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

/** Where the write-ahead log of the server stands. */
export async function walBytes(url: string): Promise<number> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ bytes: string }>(
      `select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`,
    );
    return Number(rows[0]?.bytes);
  });
}

/** What an event table takes on disk, indexes included, and its rows. */
export async function tableBytes(url: string, table: string): Promise<{ bytes: number; rows: number }> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ bytes: string; events: string }>(
      `select (select sum(pg_total_relation_size(inhrelid)) from pg_inherits
               where inhparent = $1::regclass) as bytes,
              (select count(*) from tracking.${table}) as events`,
      [`tracking.${table}`],
    );
    return { bytes: Number(rows[0]?.bytes), rows: Number(rows[0]?.events) };
  });
}
