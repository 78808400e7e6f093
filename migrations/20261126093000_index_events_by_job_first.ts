import { setTimeout as wait } from 'node:timers/promises';
import type { Knex } from 'knex';

/** Each event table, and what its identity has beyond account, job, time, batch and person. */
const eventTables: readonly (readonly [table: string, own: string])[] = [
  ['sent_events', ', list_id'],
  ['open_events', ''],
  ['click_events', ', url_id, url'],
  ['bounce_events', ', bounce_kind, bounce_type, smtp_code'],
  ['unsub_events', ', list_id, is_master_unsubscribed'],
  ['not_sent_events', ', list_id'],
  ['forward_events', ''],
  ['forward_opt_in_events', ', opt_in_subscriber_key'],
  ['survey_events', ', question, answer'],
];

/** An index of an event table: its last name, and the names of those that it takes the place of. */
interface Index {
  readonly name: string;
  readonly replaces: readonly string[];
  readonly create: (table: string) => string;
}

const byJob: readonly Index[] = [
  {
    name: 'identity',
    replaces: ['identity', 'job'],
    create: (table) => `using btree (job_id, occurred_at, ${hashOf(table)}, account_id) nulls not distinct`,
  },
  {
    name: 'date',
    replaces: [],
    create: () => 'using brin (occurred_at) with (pages_per_range = 32)',
  },
];

const byTime: readonly Index[] = [
  {
    name: 'identity',
    replaces: ['identity', 'date'],
    create: (table) => `using btree (account_id, occurred_at, job_id, ${hashOf(table)}) nulls not distinct`,
  },
  { name: 'job', replaces: [], create: () => 'using btree (job_id)' },
];

/** Statements commit one by one: what is done when it is broken off stays, and is not done again. */
export const config = { transaction: false };

/**
 * Puts the job first in the identity, so that it also finds the events of a job, and drops the index by job. Dates are found
 * by ranges of pages.
 *
 * The indexes of a month are built beside the old ones: loads into that month wait for a second for each million rows,
 * readers for nothing. At the end of a table's months the new indexes take the places of the old ones, which takes
 * milliseconds once nobody reads or writes the table. Room for a month's new indexes beside its old ones is needed
 * until its table is done. Processes of an older version may go on.
 */
export async function up(knex: Knex): Promise<void> {
  for (const [table] of eventTables) await replaceIndexes(knex, table, byJob);
}

export async function down(knex: Knex): Promise<void> {
  for (const [table] of eventTables) await replaceIndexes(knex, table, byTime);
}

async function replaceIndexes(knex: Knex, table: string, indexes: readonly Index[]): Promise<void> {
  for (const month of await monthsOf(knex, table)) await buildIndexes(knex, table, month, indexes);
  await whenFree(() => knex.transaction((tx) => swapIndexes(tx, table, indexes)));
}

async function buildIndexes(
  knex: Knex,
  table: string,
  month: string,
  indexes: readonly Index[],
): Promise<void> {
  for (const { name, create } of indexes) {
    await knex.raw(
      `create ${kindOf(name)} if not exists ${month}_${name}_next on tracking.${month} ${create(table)}`,
    );
  }
}

async function swapIndexes(tx: Knex, table: string, indexes: readonly Index[]): Promise<void> {
  await tx.raw(`set local lock_timeout = '2s'`);
  await tx.raw(`lock table tracking.${table} in access exclusive mode`);
  const months = await monthsOf(tx, table);
  // A month that was made meanwhile has hardly a row.
  for (const month of months) await buildIndexes(tx, table, month, indexes);
  for (const { name, create } of indexes) {
    await tx.raw(`create ${kindOf(name)} ${table}_${name}_next on only tracking.${table} ${create(table)}`);
    for (const month of months) {
      await tx.raw(
        `alter index tracking.${table}_${name}_next attach partition tracking.${month}_${name}_next`,
      );
    }
  }
  for (const { name, replaces } of indexes) {
    for (const old of replaces) await tx.raw(`drop index tracking.${table}_${old}`);
    await tx.raw(`alter index tracking.${table}_${name}_next rename to ${table}_${name}`);
    for (const month of months)
      await tx.raw(`alter index tracking.${month}_${name}_next rename to ${month}_${name}`);
  }
}

// Readers and loads of the table queue behind who waits for all of it: not for longer than two seconds at a time.
const triesMax = 60;

async function whenFree(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await work();
      return;
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && error.code === '55P03';
      if (!isBusy || tries === triesMax) throw error;
      await wait(1000);
    }
  }
}

async function monthsOf(knex: Knex, table: string): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { name: string }[] }>(
    `select class.relname as name from pg_inherits join pg_class as class on class.oid = inhrelid
     where inhparent = ?::regclass order by 1`,
    [`tracking.${table}`],
  );
  return rows.map(({ name }) => name);
}

function kindOf(name: string): string {
  return name === 'identity' ? 'unique index' : 'index';
}

function hashOf(table: string): string {
  const own = eventTables.find(([name]) => name === table)?.[1] ?? '';
  return `hash_record_extended(row(batch_id, subscriber_key${own}), 0)`;
}
