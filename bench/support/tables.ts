import type pg from 'pg';
import { createPartitionKeeper } from '../../src/store/load/partitions.ts';
import { createPool } from '../../src/store/connection/pool.ts';
import type { OwnedTask } from '../../src/store/ledger/task-ledger.ts';
import {
  accountId,
  type Batch,
  type BatchType,
  definitionOf,
  eventAt,
  jobOf,
  recordsPerPage,
  windowOf,
} from './events.ts';
import { copyText } from './copy-in.ts';

/** Events' own months, made before anything is measured, in both the product's table and its twin. */
export async function makeTables(databaseUrl: string, type: BatchType, batches: number): Promise<void> {
  const pool = createPool({ databaseUrl, connectionsMax: 1, applicationName: 'bench' });
  try {
    const { table } = definitionOf(type);
    const first = windowOf({ type, number: 0, pages: 1 }).from.getTime() * 1000;
    const last = windowOf({ type, number: batches, pages: 1 }).to.getTime() * 1000;
    await createPartitionKeeper({ pool }).ensureMonths(table, first, last);
    await makeTwin(pool, table);
  } finally {
    await pool.end();
  }
}

/** The same table beside it: columns, defaults, months and indexes. */
export async function makeTwin(pool: Pick<pg.Pool, 'query'>, table: string): Promise<void> {
  await pool.query('create schema if not exists twin');
  await pool.query(
    `create table twin.${table} (like tracking.${table} including all) partition by range (occurred_at)`,
  );
  const { rows } = await pool.query<{ name: string; bounds: string }>(
    `select relname as name, pg_get_expr(relpartbound, oid) as bounds from pg_class
     where relispartition and relkind = 'r' and oid in (select inhrelid from pg_inherits where inhparent = $1::regclass)`,
    [`tracking.${table}`],
  );
  for (const { name, bounds } of rows)
    await pool.query(`create table twin.${name} partition of twin.${table} ${bounds}`);
}

/** A page's rows in COPY's text format, encoded before the clock starts. */
export function copyRows(batch: Batch, page: number): Buffer {
  const lines: string[] = [];
  for (let index = page * recordsPerPage; index < (page + 1) * recordsPerPage; index += 1) {
    const event = eventAt(batch, index);
    const values = [
      event.accountId,
      new Date(event.occurredAt).toISOString(),
      event.jobId,
      event.batchId,
      event.triggeredSendId,
      event.subscriberKey,
      ...(batch.type === 'click' ? [event.urlId, event.url] : []),
    ];
    lines.push(values.map(copyText).join('\t'));
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

export function copyStatement(type: BatchType, schema: string): string {
  const { table, columns } = definitionOf(type);
  return `copy ${schema}.${table} (account_id, ${Object.keys(columns).join(', ')}) from stdin`;
}

/** A task in the ledger for a batch, as it stands when a worker has taken it. */
export async function takeTaskFor(database: Pick<pg.Pool, 'query'>, batch: Batch): Promise<OwnedTask> {
  const { from, to } = windowOf(batch);
  const { rows } = await database.query<{ id: number }>(
    `insert into pipeline.extract_tasks
       (root_id, kind, origin, account_id, job_id, event_type, window_from, window_to, state, fence)
     values (0, 'events', 'backfill', $1, $2, $3, $4, $5, 'running', 1) returning id`,
    [accountId, jobOf(batch), batch.type, from, to],
  );
  return ownedTask(batch, Number(rows[0]?.id));
}

function ownedTask(batch: Batch, taskId: number): OwnedTask {
  return {
    ...{ kind: 'events', taskId, rootId: taskId, accountId, jobId: jobOf(batch), eventType: batch.type },
    jobIds: null,
    ...{ origin: 'backfill', window: windowOf(batch), runId: null, fence: 1 },
    ...{
      attempts: 0,
      restarts: 0,
      requestId: null,
      wasInterrupted: false,
      ...{ requestsBefore: 0, pagesBefore: 0, recordsBefore: 0 },
      failsSeconds: null,
      mustRunAlone: false,
      isInsertOnly: true,
      ...{ mergesFiles: false, privacyVersion: 0 },
    },
  };
}
