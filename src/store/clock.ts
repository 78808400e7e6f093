import { performance } from 'node:perf_hooks';
import type { Queryable } from './connection/pool.ts';

/** A measurement is renewed after this time: clocks are corrected, and machines sleep. */
const validMs = 60 * 60_000;

/**
 * The database's clock, for everything that this process compares with instants of the database; each process may have
 * another clock, and that one is theirs in common.
 *
 * Measured now and then renewed every hour, in passing; between measurements it goes on with the time that passes here.
 */
export async function createDatabaseClock(database: Queryable): Promise<() => Date> {
  let measured = await measure(database);
  let isMeasuring = false;
  return () => {
    const passedMs = performance.now() - measured.atMs;
    if (passedMs > validMs && !isMeasuring) {
      isMeasuring = true;
      measure(database)
        .then((renewed) => (measured = renewed))
        .catch(() => undefined) // the next look tries again
        .finally(() => (isMeasuring = false));
    }
    return new Date(measured.databaseMs + passedMs);
  };
}

interface Measurement {
  readonly databaseMs: number;
  /** By this process's monotonic clock. */
  readonly atMs: number;
}

async function measure(database: Queryable): Promise<Measurement> {
  const { rows } = await database.query<{ at: Date }>('select clock_timestamp() as at');
  const [row] = rows;
  if (row === undefined) throw new Error('the database does not tell its time');
  return { databaseMs: row.at.getTime(), atMs: performance.now() };
}
