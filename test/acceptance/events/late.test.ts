import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatorOptions } from '../../../simulator/http/server.ts';
import type { TruthEvent } from '../../../simulator/world/truth.ts';
import { summaryOf } from '../../support/program/cli.ts';
import { syncToEnd } from '../../support/program/in-process-cli.ts';
import { ago, dayMs, hourMs, minuteMs } from '../../support/clock.ts';
import { eventOf, listSend, openStage, retrievesOf, type Stage, worldOf } from '../../support/simulator.ts';
import { countRows, expectTablesEqualTruth } from '../../support/stored/truth.ts';

const jobId = 300;
let stage: Stage;
afterEach(() => stage.close());

async function open(sentBeforeMs: number, options: SimulatorOptions = {}): Promise<void> {
  const createdAt = ago(sentBeforeMs + hourMs);
  const spec = listSend(jobId, {
    createdAt,
    sentAt: ago(sentBeforeMs),
    counts: { sent: 20, open: 10, click: 5 },
  });
  stage = await openStage(worldOf([spec]), options);
}

/** A sync that completes; returns the number of new opens. */
async function sync(settings: Record<string, string> = {}): Promise<number> {
  const end = await syncToEnd({ ...stage.env, ...settings });
  expect({ code: end.code, stderr: end.stderr }).toEqual({ code: 0, stderr: '' });
  return summaryOf(end).events['open']?.inserted ?? Number.NaN;
}

async function openMark(): Promise<{ watermark: Date; startedAt: Date }> {
  const { rows } = await stage.pool.query<{ watermark: Date; startedAt: Date }>(
    `select watermark, (select max(started_at) from pipeline.runs) as "startedAt"
     from pipeline.checkpoints where event_type = 'open'`,
  );
  const [mark] = rows;
  if (mark === undefined) throw new Error('no checkpoint');
  return mark;
}

async function fullRereads(): Promise<string[]> {
  const { rows } = await stage.pool.query<{ event_type: string }>(
    `select event_type from pipeline.extract_tasks where origin = 'full_reread' order by event_type`,
  );
  return rows.map((row) => row.event_type);
}

describe('an event that comes six days late', () => {
  it('is found when the job is read again whole, a week after its send, and once only', async () => {
    await open(8 * dayMs);
    const { pool, world, simulator } = stage;
    await sync();
    const occurredAt = Math.floor(Date.now() / 1000) * 1000 - 7 * dayMs;
    world.addEvents('open', [eventOf(jobId, { occurredAt, subscriberKey: 'late@example.com' })]);
    expect(await sync()).toBe(0);

    // As if all this had been read in the night after the send.
    await pool.query(`update pipeline.checkpoints set full_read_at = now() - interval '7 days 12 hours'`);
    expect(await sync()).toBe(1);
    await expectTablesEqualTruth(pool, world);
    expect(await fullRereads()).toEqual(['click', 'open']); // the mails are complete

    const asked = retrievesOf(simulator, 'OpenEvent', jobId).length;
    expect(await sync()).toBe(0);
    expect(retrievesOf(simulator, 'OpenEvent', jobId).length - asked).toBeLessThanOrEqual(1);
    expect(await fullRereads()).toHaveLength(2);
  });
});

describe('an event date in the future', () => {
  it('is not loaded before its time and moves no watermark past now', async () => {
    await open(2 * dayMs);
    const { pool, world } = stage;
    const present = world.count('open');
    world.addEvents('open', [availableAlready('early@example.com', Date.now() + dayMs)]);
    expect(await sync()).toBe(present);
    const { watermark, startedAt } = await openMark();
    expect(watermark.getTime()).toBeLessThanOrEqual(startedAt.getTime());
    await expectTablesEqualTruth(pool, world, { expected: (event) => event.occurredAt < Date.now() });
  });

  it('or after the end of a window is loaded by a sync after its time', async () => {
    await open(2 * dayMs);
    const { pool, world } = stage;
    const present = world.count('open');
    world.addEvents('open', [availableAlready('next@example.com', Date.now() - minuteMs)]);
    expect(await sync({ SETTLING_MINUTES: '20' })).toBe(present);
    expect(await sync()).toBe(1);
    await expectTablesEqualTruth(pool, world);
  });

  function availableAlready(subscriberKey: string, at: number): TruthEvent {
    const occurredAt = Math.floor(at / 1000) * 1000;
    return eventOf(jobId, { occurredAt, subscriberKey, availableAt: Date.now() - hourMs });
  }
});

describe('a server whose clock is wrong', () => {
  const offsetMs = 20 * minuteMs;

  it('and behind ours has its windows end at its own now: what it dates after that is not skipped', async () => {
    await open(2 * dayMs, { serverClockOffsetMs: -offsetMs });
    const { pool, world } = stage;
    await sync({ OVERLAP_MINUTES: '0' });
    const { watermark, startedAt } = await openMark();
    const behindMs = startedAt.getTime() - watermark.getTime();
    expect(behindMs).toBeGreaterThan(offsetMs - 10 * minuteMs);
    expect(behindMs).toBeLessThan(offsetMs + 10 * minuteMs);

    const occurredAt = watermark.getTime() + 500;
    world.addEvents('open', [eventOf(jobId, { occurredAt, subscriberKey: 'next@example.com' })]);
    await sleep(1000);
    expect(await sync({ OVERLAP_MINUTES: '0' })).toBe(1);
    await expectTablesEqualTruth(pool, world);
  });

  it('and ahead of ours has its windows end at our own now: what it dates after that is not skipped', async () => {
    await open(2 * dayMs, { serverClockOffsetMs: offsetMs });
    const { pool, world } = stage;
    const present = world.count('open');
    const occurredAt = Math.floor(Date.now() / 1000) * 1000 + offsetMs - minuteMs;
    world.addEvents('open', [eventOf(jobId, { occurredAt, subscriberKey: 'ahead@example.com' })]);
    await sync();
    expect((await countRows(pool)).open).toBe(present);
    const { watermark, startedAt } = await openMark();
    expect(watermark.getTime()).toBeLessThanOrEqual(startedAt.getTime());
  });
});
