import pg from 'pg';
import type { PageColumns } from '../../columns/page.ts';
import { columnOfKind } from '../../columns/page-builder.ts';
import { inTransaction, type Queryable } from '../connection/pool.ts';

export interface PartitionKeeper {
  /** Makes every month from the earliest to the latest instant. */
  ensureMonths(table: string, earliestMicros: number, latestMicros: number): Promise<void>;
  /** Makes the months that a page has rows in, and no more: one stray date does not make decades. */
  ensureMonthsOf(table: string, page: PageColumns): Promise<void>;
  /** Makes the current month and the next two for each table. */
  ensureAhead(tables: readonly string[], now: Date): Promise<void>;
  /** To be called when a month turned out to be missing: it was dropped after it had been seen. */
  forget(): void;
}

/** Months ahead of now that always exist, so that no page at a month's turn waits for one to be made. */
const monthsAhead = 2;

// Any number that no other lock of this product uses; all processes make months one after the other.
const makingMonthsLock = 7_214_010_031;

/**
 * Sees to it that the month of `occurred_at` (UTC) exists before a page arrives in it.
 *
 * There is no default partition: with one, making a month would lock readers out. A month is made as a
 * table of its own and then attached, which waits for no reader; processes do it one after the other, and
 * who comes second finds it done. Only the owner of the event tables can attach.
 */
export function createPartitionKeeper({ pool }: { pool: pg.Pool }): PartitionKeeper {
  // Months known to exist, and months being made, so that side by side pages wait for one making.
  const months = new Map<string, Promise<void>>();

  function ensureMonth(table: string, month: number): Promise<void> | undefined {
    const key = `${table}:${month}`;
    let made = months.get(key);
    if (made === undefined) {
      made = inTransaction(pool, (tx) => makeMonth(tx, table, month));
      months.set(key, made);
      made.catch(() => months.delete(key));
    }
    return made;
  }

  async function ensureSpan(table: string, first: number, last: number): Promise<void> {
    for (let month = first; month <= last; month += 1) await ensureMonth(table, month);
  }

  return {
    ensureMonths: (table, earliestMicros, latestMicros) =>
      ensureSpan(table, monthOf(earliestMicros), monthOf(latestMicros)),
    async ensureMonthsOf(table, page) {
      for (const month of monthsOf(page)) await ensureMonth(table, month);
    },
    async ensureAhead(tables, now) {
      const first = monthOf(now.getTime() * 1000);
      for (const table of tables) await ensureSpan(table, first, first + monthsAhead);
    },
    forget: () => months.clear(),
  };
}

/** True for Postgres' refusal of a row whose month does not exist. */
export function isMissingMonth(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return (
    cause instanceof pg.DatabaseError &&
    cause.code === '23514' &&
    cause.message.startsWith('no partition of relation')
  );
}

async function makeMonth(tx: Queryable, table: string, month: number): Promise<void> {
  const name = `${table}_${monthName(month)}`;
  if (await isAttached(tx, table, name)) return;

  await tx.query('select pg_advisory_xact_lock($1)', [makingMonthsLock]);
  if (await isAttached(tx, table, name)) return;

  await tx.query(`create table if not exists tracking.${name} (like tracking.${table} including all)`);
  await tx.query(
    `alter table tracking.${table} attach partition tracking.${name}
     for values from ('${monthStart(month)}') to ('${monthStart(month + 1)}')`,
  );
}

async function isAttached(tx: Queryable, table: string, name: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select from pg_catalog.pg_inherits
     where inhparent = to_regclass($1) and inhrelid = to_regclass($2) and not inhdetachpending`,
    [`tracking.${table}`, `tracking.${name}`],
  );
  return rowCount === 1;
}

function monthsOf(page: PageColumns): Iterable<number> {
  const { earliestMicros, latestMicros, rowCount } = page;
  if (earliestMicros === undefined || latestMicros === undefined) return [];

  const [first, last] = [monthOf(earliestMicros), monthOf(latestMicros)];
  // Nearly every page is within a month or crosses one end of a month; only others are looked through.
  if (last - first <= 1) return first === last ? [first] : [first, last];

  const occurredAt = columnOfKind(page.columns.get('occurred_at'), 'instant');
  return new Set(Array.from(occurredAt?.micros.subarray(0, rowCount) ?? [], monthOf));
}

/** Months are counted, so that the next one is one more. */
function monthOf(micros: number): number {
  const instant = new Date(micros / 1000);
  return instant.getUTCFullYear() * 12 + instant.getUTCMonth();
}

function monthName(month: number): string {
  return `y${Math.floor(month / 12)}m${String((month % 12) + 1).padStart(2, '0')}`;
}

function monthStart(month: number): string {
  return new Date(Date.UTC(Math.floor(month / 12), month % 12)).toISOString();
}
