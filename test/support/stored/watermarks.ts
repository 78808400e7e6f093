import type pg from 'pg';
import type { World } from '../../../simulator/world/world.ts';
import { everyType } from './truth.ts';

interface Mark {
  readonly event_type: (typeof everyType)[number];
  readonly account_id: number;
  readonly job_id: number;
  readonly watermark: Date;
  readonly rows_before: number;
}

/** The instants of a job's true events of one type, oldest first. */
type InstantsOf = (mark: Mark) => readonly number[];

/** Holds the watermarks of a world to their promise once: see `createWatermarkCheck`. */
export async function expectNoWatermarkPastAHole(pool: pg.Pool, world: World): Promise<void> {
  await createWatermarkCheck(pool, world)();
}

/**
 * A check that may be made again and again, of a world to which nothing is added. It holds every watermark to its promise:
 * each true event before it is in the table. Events that are equal in all that identifies them count once; the world's
 * events are all taken to be available.
 */
export function createWatermarkCheck(pool: pg.Pool, world: World): () => Promise<void> {
  const instantsOf = indexInstants(world);
  return async () => {
    const { rows } = await pool.query<Mark>(marksOfEveryType);
    const holes = rows.flatMap((mark) => {
      const expected = countBefore(instantsOf(mark), mark.watermark.getTime());
      if (mark.rows_before === expected) return [];
      const { event_type, job_id, rows_before, watermark } = mark;
      return [
        `${event_type} of job ${job_id}: ${rows_before} of ${expected} before ${watermark.toISOString()}`,
      ];
    });
    expect(holes).toEqual([]);
  };
}

/** Counts in one pass what each mark counts for itself: a look at the same months for each mark takes ten times as long. */
const marksOfEveryType = everyType
  .map(
    (type) => `
      select mark.event_type, mark.account_id, mark.job_id, mark.watermark, count(event.occurred_at) as rows_before
      from pipeline.checkpoints as mark
      left join tracking.${type}_events as event
        on event.account_id = mark.account_id and event.job_id = mark.job_id and event.occurred_at < mark.watermark
      where mark.event_type = '${type}' and mark.watermark is not null
      group by mark.event_type, mark.account_id, mark.job_id, mark.watermark`,
  )
  .join(' union all ');

function indexInstants(world: World): InstantsOf {
  const instants = new Map<string, number[]>();
  const identities = new Set<string>();
  for (const type of everyType) {
    for (const event of world.events(type)) {
      const { accountId, jobId, occurredAt, batchId, subscriberKey, listId, urlId, url } = event;
      const job = JSON.stringify([type, accountId, jobId]);
      const identity = JSON.stringify([job, occurredAt, batchId, subscriberKey, listId, urlId, url]);
      if (identities.has(identity)) continue;
      identities.add(identity);
      const ofJob = instants.get(job) ?? [];
      ofJob.push(occurredAt);
      instants.set(job, ofJob);
    }
  }
  for (const ofJob of instants.values()) ofJob.sort((one, other) => one - other);
  return ({ event_type, account_id, job_id }) =>
    instants.get(JSON.stringify([event_type, account_id, job_id])) ?? [];
}

function countBefore(instants: readonly number[], endMs: number): number {
  const end = instants.findIndex((instant) => instant >= endMs);
  return end === -1 ? instants.length : end;
}
