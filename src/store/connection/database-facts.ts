import { inTransaction, type Pool, type Queryable } from './pool.ts';

/** What the server says of itself and of our rights. */
export interface DatabaseFacts {
  readonly version: string;
  readonly encoding: string;
  readonly bytes: number;
  /** Null where our role may not know. */
  readonly dataDirectory: string | null;
  /** Whether the schemas can be created or changed. */
  readonly mayCreate: boolean;
  /** Tables of ours that our role does not own: no month can be attached to them. */
  readonly notOwned: readonly string[];
  readonly now: Date;
}

export async function readDatabaseFacts(database: Queryable): Promise<DatabaseFacts> {
  const { rows } = await database.query<DatabaseFacts>(
    `select split_part(current_setting('server_version'), ' ', 1) as version,
            current_setting('server_encoding') as encoding,
            pg_database_size(current_database()) as bytes,
            (select setting from pg_settings where name = 'data_directory') as "dataDirectory",
            has_database_privilege(current_database(), 'create') as "mayCreate",
            array(select class.oid::regclass::text from pg_class as class
                  join pg_namespace as schema on schema.oid = class.relnamespace
                  where schema.nspname in ('tracking', 'pipeline') and class.relkind in ('r', 'p')
                    and not class.relispartition and not pg_has_role(class.relowner, 'usage')
                  order by 1) as "notOwned",
            clock_timestamp() as now`,
  );
  const [facts] = rows;
  if (facts === undefined) throw new Error('the server returned no row');
  return facts;
}

export interface WriteSpeed {
  readonly rows: number;
  readonly rowsMs: number;
  /** Median time until a commit is on the disk. */
  readonly commitMs: number;
}

/** Rows of the size of an event; a page has 2,500. */
const writtenRows = 20_000;
const commits = 9;

/**
 * Measures how fast the server writes, and leaves nothing: the rows go into a table of the session, the commits carry a
 * message that Postgres logs for no reader.
 */
export async function measureWriteSpeed(pool: Pool, nowMs: () => number): Promise<WriteSpeed> {
  const startedAtMs = nowMs();
  await inTransaction(pool, async (tx) => {
    await tx.query(
      `create temporary table sfmc_tracking_doctor on commit drop as
       select 7000001::bigint as account_id, number as job_id, now() as occurred_at,
              'subscriber-' || number as subscriber_key
       from generate_series(1, ${writtenRows}) as number`,
    );
    await tx.query('create index on pg_temp.sfmc_tracking_doctor (account_id, occurred_at, job_id)');
  });
  const rowsMs = nowMs() - startedAtMs;
  const times: number[] = [];
  for (let commit = 0; commit < commits; commit += 1) {
    const from = nowMs();
    await pool.query(`select pg_logical_emit_message(true, 'sfmc-tracking doctor', '')`);
    times.push(nowMs() - from);
  }
  const commitMs = times.toSorted((a, b) => a - b)[Math.floor(commits / 2)] ?? 0;
  return { rows: writtenRows, rowsMs, commitMs };
}
