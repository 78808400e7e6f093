import knex, { type Knex } from 'knex';
import type { ContenderOptions, Work } from '../support/work.ts';
import { accountId, type BatchType, definitionOf, eventAt, recordsPerPage } from '../support/events.ts';

export type PlainRow = Readonly<Record<string, string | number | Date | null>>;

// A statement has room for 65,535 parameters; knex does not cut by itself.
const rowsPerInsert = 2500;

/** What one would write first: objects, and knex's multi-row insert that leaves known rows alone. */
export async function upsertByKnex(
  database: Knex,
  type: BatchType,
  rows: readonly PlainRow[],
): Promise<void> {
  const { table } = definitionOf(type);
  for (let at = 0; at < rows.length; at += rowsPerInsert) {
    await database
      .withSchema('twin')
      .table(table)
      .insert(rows.slice(at, at + rowsPerInsert))
      .onConflict()
      .ignore();
  }
}

export function connectKnex(databaseUrl: string): Knex {
  return knex({ client: 'pg', connection: databaseUrl, pool: { min: 1, max: 1 } });
}

export function loadByKnex(options: ContenderOptions): Work {
  const { type, pages, databaseUrl = '', firstBatch = 0, isTriggered, order } = options;
  const database = connectKnex(databaseUrl);
  let rows: PlainRow[] = [];
  return {
    prepare(round) {
      const batch = { type, pages, number: firstBatch + round, isTriggered, order };
      rows = Array.from({ length: pages * recordsPerPage }, (_, index) => {
        const event = eventAt(batch, index);
        return {
          account_id: accountId,
          occurred_at: new Date(event.occurredAt),
          job_id: event.jobId,
          batch_id: event.batchId,
          triggered_send_id: event.triggeredSendId,
          subscriber_key: event.subscriberKey,
          ...(type === 'click' ? { url_id: event.urlId, url: event.url } : {}),
        };
      });
      return Promise.resolve();
    },
    async run() {
      await upsertByKnex(database, type, rows);
      return rows.length;
    },
    stop: () => database.destroy(),
  };
}
