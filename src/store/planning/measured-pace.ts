import type { Queryable } from '../connection/pool.ts';

/** Runs with fewer requests say nothing of the pace: they wait for windows, not for responses. */
const requestsMin = 50;

/** Requests a minute of the last runs that read these accounts; null where none was large enough. */
export async function readRequestPace(
  database: Queryable,
  accountIds: readonly number[],
): Promise<number | null> {
  const { rows } = await database.query<{ pace: number | null }>(
    `select sum(requests) / nullif(sum(seconds), 0) * 60 as pace
     from (
       select (counts ->> 'requests')::float8 as requests,
              greatest(extract(epoch from finished_at - started_at), 1)::float8 as seconds
       from pipeline.runs
       where state = 'finished' and account_ids && $1::bigint[] and (counts ->> 'requests')::int >= ${requestsMin}
       order by run_id desc limit 10) as run`,
    [accountIds],
  );
  return rows[0]?.pace ?? null;
}

/** An import of fewer records says nothing of the pace. */
const importedMin = 10_000;

// As the benchmark of an import measured it, on two busy cores.
const usualImportPace = 8_000 * 60;

/** Records a minute of the last imports of files; that of the benchmark where none was large enough. */
export async function readImportPace(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ pace: number | null }>(
    `select sum(records) / nullif(sum(seconds), 0) * 60 as pace
     from (
       select (select sum((value ->> 'records')::float8) from jsonb_each(counts -> 'events')) as records,
              greatest(extract(epoch from finished_at - started_at), 1)::float8 as seconds
       from pipeline.runs
       where state = 'finished' and kind = 'import' and outcome in ('completed', 'completed_with_problems')
       order by run_id desc limit 10) as run
     where records >= ${importedMin}`,
  );
  return rows[0]?.pace ?? usualImportPace;
}

/** A table with fewer rows is mostly empty pages. */
const rowsMin = 10_000;

/** Bytes that a row takes with its indexes, by event table; without those that have too few rows to measure. */
export async function readBytesPerRow(
  database: Queryable,
  tables: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await database.query<{ name: string; bytes: number }>(
    `select parent.relname as name,
            (sum(pg_total_relation_size(month.oid)) / sum(month.reltuples))::float8 as bytes
     from pg_class as parent
     join pg_inherits on inhparent = parent.oid
     join pg_class as month on month.oid = inhrelid and month.reltuples > 0
     where parent.relnamespace = 'tracking'::regnamespace and parent.relname = any($1)
     group by parent.relname having sum(month.reltuples) >= ${rowsMin}`,
    [tables],
  );
  return new Map(rows.map(({ name, bytes }) => [name, bytes]));
}
