import { runCli, summaryOf } from '../../support/program/cli.ts';
import { ago, dayMs, hourMs } from '../../support/clock.ts';
import { accountId, eventOf, listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { countRows, expectTablesEqualTruth } from '../../support/stored/truth.ts';

const jobId = 300;
const instant = Math.floor(Date.now() / 1000) * 1000 - dayMs + 123;
let stage: Stage;

beforeAll(async () => {
  const clicked = { occurredAt: instant, urlId: 7, url: 'https://www.example.com/offers?a=1&b=2' };
  // Finer than a millisecond, in the last second of a day.
  const fine = `${ago(20 * dayMs)
    .toISOString()
    .slice(0, 10)}T23:59:59.1234567`;
  const fineAt = Date.parse(`${fine.slice(0, 23)}-06:00`);
  const events = {
    click: [
      eventOf(jobId, clicked),
      eventOf(jobId, { ...clicked, urlId: 8 }),
      eventOf(jobId, { ...clicked, url: 'https://www.example.com/offers?a=1&b=3' }),
    ],
    open: [
      eventOf(jobId, { occurredAt: instant }),
      eventOf(jobId, { occurredAt: instant }),
      eventOf(jobId, { occurredAt: instant, subscriberKey: null }),
      eventOf(jobId, { occurredAt: instant, subscriberKey: '007' }),
    ],
    sent: [eventOf(jobId, { occurredAt: fineAt, listId: 5, raw: { EventDate: fine } })],
  };
  const createdAt = new Date(fineAt - hourMs);
  stage = await openStage(worldOf([listSend(jobId, { createdAt, sentAt: new Date(fineAt + 1000), events })]));
});
afterAll(() => stage.close());

describe('an event', () => {
  it('is one row: two links at one instant are two, a repeated delivery is none, microseconds are kept', async () => {
    const end = await runCli(['sync', '--json'], stage.env);

    expect(end.code).toBe(0);
    await expectTablesEqualTruth(stage.pool, stage.world);
    expect(await countRows(stage.pool)).toEqual({ sent: 1, open: 3, click: 3 });
  });

  it('arrives with the next sync when it became available late, inside a window that had been read', async () => {
    const { pool, world, env } = stage;
    const { rows } = await pool.query<{ watermark: Date }>(
      `select watermark from pipeline.checkpoints where event_type = 'open'`,
    );
    const watermarkMs = rows[0]?.watermark.getTime() ?? 0;
    const late = [60_000, hourMs, 23 * hourMs].map((beforeMs, at) =>
      eventOf(jobId, { occurredAt: watermarkMs - beforeMs, subscriberKey: `late${at}@example.com` }),
    );
    world.addEvents('open', late);
    const end = await runCli(['sync', '--json'], env);

    expect(summaryOf(end).events['open']?.inserted).toBe(3);
    await expectTablesEqualTruth(pool, world);
  });

  it('arrives with a backfill when it became available later than any overlap', async () => {
    const { pool, world, env } = stage;
    world.addEvents('open', [
      eventOf(jobId, { occurredAt: instant - 5 * dayMs, subscriberKey: 'very late' }),
    ]);
    const sync = await runCli(['sync', '--json'], env);
    const range = [instant - 6 * dayMs, instant - 4 * dayMs].map((ms) => new Date(ms).toISOString());
    const backfill = await runCli(
      ['backfill', '--from', range[0] ?? '', '--to', range[1] ?? '', '--json'],
      env,
    );

    expect(summaryOf(sync).events['open']?.inserted).toBe(0);
    expect(summaryOf(backfill).events['open']).toMatchObject({ inserted: 1, rejected: 0 });
    await expectTablesEqualTruth(pool, world, { accounts: [accountId] });
  });
});
