import type pg from 'pg';
import {
  simulatedEventTypes,
  type SimulatedEventType,
  type TruthEvent,
} from '../../../simulator/world/truth.ts';
import type { World } from '../../../simulator/world/world.ts';
import { readCompleteness } from '../../../src/bi/completeness.ts';
import { expectedRollups } from '../analysts/rollup-oracle.ts';
import { readRollups, readWorld, sorted } from '../analysts/rollups.ts';
import type { TestEvent } from '../analysts/tracking-events.ts';
import { expectTablesEqualTruth } from '../stored/truth.ts';
import { isLively, isOld, monthsKept } from './chaos-world.ts';

/** The first instant of which events are kept. */
function keptFromMs(): number {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsKept);
}

/** Tables, rollups, completeness and ledger after everything: they equal what really happened, but for the forgotten person. */
export async function expectExactAfterChaos(
  pool: pg.Pool,
  world: World,
  forgotten: string | undefined,
): Promise<void> {
  await expectSettled(pool);
  const keptFrom = keptFromMs();
  await expectTablesEqualTruth(pool, world, {
    types: simulatedEventTypes,
    expected: ({ occurredAt, subscriberKey }) => occurredAt >= keptFrom && subscriberKey !== forgotten,
  });
  await expectRollupsEqualTruth(pool, world, forgotten);
  await expectComplete(pool, world, forgotten);
}

/** Before retention drops them, all events of the old jobs are in the tables: the backfill that read them has ended well. */
export async function expectOldEventsLoaded(
  pool: pg.Pool,
  world: World,
  forgotten: string | undefined,
): Promise<void> {
  await expectTablesEqualTruth(pool, world, {
    types: simulatedEventTypes,
    jobIds: world.jobs().flatMap(({ jobId }) => (isOld(jobId) ? [jobId] : [])),
    expected: ({ subscriberKey }) => subscriberKey !== forgotten,
  });
}

/** Nothing is open, parked, rejected or ahead of now; nobody holds a lock. */
async function expectSettled(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query(
    `select (select count(*) from pipeline.extract_tasks where settled_at is null or state = 'parked') as unsettled,
            (select count(*) from pipeline.rejected_records where dismissed_at is null) as rejected,
            (select count(*) from pipeline.runs where state <> 'finished') as runs,
            (select count(*) from pipeline.checkpoints where greatest(watermark, covered_to) > now()) as ahead,
            (select count(*) from pg_locks where locktype = 'advisory'
               and database = (select oid from pg_database where datname = current_database())) as locks`,
  );
  expect(rows).toEqual([{ unsettled: 0, rejected: 0, runs: 0, ahead: 0, locks: 0 }]);
}

/** Written by an oracle from the truth, also of the months that were dropped: rollups outlive them. */
async function expectRollupsEqualTruth(
  pool: pg.Pool,
  world: World,
  forgotten: string | undefined,
): Promise<void> {
  const events = simulatedEventTypes.flatMap((type) =>
    [...world.events(type)]
      .filter(({ subscriberKey }) => subscriberKey !== forgotten)
      .map((event) => testEventOf(event, type)),
  );
  const { rows: links } = await pool.query<{ job: string; url_id: number; alias: string | null }>(
    `select account_id || '/' || job_id as job, url_id, alias from tracking.links`,
  );
  const aliases: Record<string, Record<number, string>> = {};
  for (const { job, url_id, alias } of links) (aliases[job] ??= {})[url_id] = alias ?? '';
  const expected = withoutFreezing(sorted(expectedRollups(events, await readWorld(pool, aliases))));
  const found = withoutFreezing(sorted(await readRollups(pool)));
  for (const table of Object.keys(expected)) {
    const [wanted = [], got = []] = [expected[table], found[table]];
    const missing = wanted.filter((row) => !got.includes(row)).slice(0, 3);
    const unexpected = got.filter((row) => !wanted.includes(row)).slice(0, 3);
    expect({ table, rows: got.length, missing, unexpected }).toEqual({
      ...{ table, rows: wanted.length, missing: [], unexpected: [] },
    });
  }
}

/** The oracle does not know when months were dropped. */
function withoutFreezing(rollups: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(rollups).map(([table, rows]) => [
      table,
      rows.map((row) => row.replace(/"frozen_at":(?:null|"[^"]*"),/u, '')).sort(),
    ]),
  );
}

function testEventOf(event: TruthEvent, type: SimulatedEventType): TestEvent {
  const { properties = {} } = event;
  const text = (name: string): string | null => properties[name] ?? null;
  return {
    ...{ type, account_id: event.accountId, job_id: event.jobId, batch_id: event.batchId },
    ...{ subscriber_key: event.subscriberKey, occurred_at: new Date(event.occurredAt).toISOString() },
    triggered_send_id: event.triggeredSendId,
    ...(['sent', 'not_sent', 'unsub'].includes(type) ? { list_id: event.listId } : {}),
    ...(['sent', 'not_sent'].includes(type) ? { subscriber_id: event.subscriberId } : {}),
    ...(type === 'click' ? { url_id: event.urlId, url: event.url } : {}),
    ...(type === 'bounce'
      ? {
          ...{ bounce_kind: text('EventType'), bounce_category: text('BounceCategory') },
          ...{ bounce_type: text('BounceType'), smtp_code: text('SMTPCode') },
        }
      : {}),
    ...(type === 'unsub' ? { is_master_unsubscribed: text('IsMasterUnsubscribed') === 'true' } : {}),
    ...(type === 'forward_opt_in' ? { opt_in_subscriber_key: text('OptInSubscriberKey') } : {}),
    ...(type === 'survey' ? { question: text('Question'), answer: text('Answer') } : {}),
  };
}

/**
 * Every counter is loaded as far as it can be judged, and those of the complete sends are judged. Marketing Cloud still
 * counts the forgotten person.
 */
async function expectComplete(pool: pg.Pool, world: World, forgotten: string | undefined): Promise<void> {
  const verdicts = await readCompleteness(pool);
  for (const { accountId, jobId } of world.jobs()) {
    const missingMax = countEventsOf(world, { accountId, jobId, subscriberKey: forgotten });
    const own = verdicts.filter((one) => one.accountId === accountId && one.jobId === jobId);
    expect(own.length).toBeGreaterThan(5);
    for (const one of own) {
      const isShort = one.difference < 0 && -one.difference <= missingMax;
      const isJudged = isLively(jobId) || isOld(jobId) || one.verdict === 'exact' || isShort;
      // An event with an old date may come after the counters were read, and links are counted once a day.
      const isWrong =
        one.verdict === 'loaded ahead' ? !isLively(jobId) : one.verdict === 'source ahead' && !isShort;
      expect({ ...one, isJudged, isWrong }).toEqual({ ...one, isJudged: true, isWrong: false });
      if (isOld(jobId)) expect(['beyond retention', 'too early']).toContain(one.verdict);
    }
  }
}

interface PersonOfJob {
  readonly accountId: number;
  readonly jobId: number;
  readonly subscriberKey: string | undefined;
}

function countEventsOf(world: World, { accountId, jobId, subscriberKey }: PersonOfJob): number {
  const events = simulatedEventTypes.flatMap((type) => [...world.events(type, accountId, jobId)]);
  return events.filter((event) => event.subscriberKey === subscriberKey).length;
}
