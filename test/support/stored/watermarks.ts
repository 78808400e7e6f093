import type pg from 'pg';
import type { World } from '../../../simulator/world/world.ts';
import { type ComparedType, everyType } from './truth.ts';

const tables = { sent: 'sent_events', open: 'open_events', click: 'click_events' } as const;

interface Mark {
  account_id: number;
  job_id: number;
  watermark: Date;
  rows_before: number;
}

/**
 * Holds every watermark to its promise: each true event before it is in the table. Events that are equal in
 * all that identifies them count once; the world's events are all taken to be available.
 */
export async function expectNoWatermarkPastAHole(pool: pg.Pool, world: World): Promise<void> {
  const holes: string[] = [];
  for (const type of everyType) {
    const { rows } = await pool.query<Mark>(
      `select account_id, job_id, watermark,
              (select count(*) from tracking.${tables[type]} as event
               where event.account_id = mark.account_id and event.job_id = mark.job_id
                 and event.occurred_at < mark.watermark) as rows_before
       from pipeline.checkpoints as mark where event_type = $1 and watermark is not null`,
      [type],
    );
    for (const mark of rows) {
      const expected = countBefore(world, type, mark);
      if (mark.rows_before === expected) continue;
      holes.push(
        `${type} of job ${mark.job_id}: ${mark.rows_before} of ${expected} before ${mark.watermark.toISOString()}`,
      );
    }
  }
  expect(holes).toEqual([]);
}

function countBefore(world: World, type: ComparedType, { account_id, job_id, watermark }: Mark): number {
  const identities = new Set<string>();
  for (const event of world.events(type, account_id, job_id)) {
    if (event.occurredAt >= watermark.getTime()) continue;
    const { occurredAt, batchId, subscriberKey, listId, urlId, url } = event;
    identities.add(JSON.stringify([occurredAt, batchId, subscriberKey, listId, urlId, url]));
  }
  return identities.size;
}
