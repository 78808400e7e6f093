import { syncToEnd } from '../../support/program/in-process-cli.ts';
import { dayMs } from '../../support/clock.ts';
import { errorTexts } from '../../support/error-texts.ts';
import { openStage, type Stage, worldOf } from '../../support/simulator.ts';
import {
  closedJob,
  eventRetrieves,
  olderJob,
  openedAt,
  pretendNightPassed,
  pretendReadInFull,
  pretendTailChecked,
  tailJobs,
} from '../../support/tail/tail.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(worldOf(tailJobs()));
  await sync('off');
  await pretendReadInFull(stage.pool);
  await pretendTailChecked(stage.pool);
});
afterAll(() => stage.close());

const sync = (arrivals: 'on' | 'off' = 'on') =>
  syncToEnd({ ...stage.env, TAIL: 'auto', SINCE_LAST_BATCH: arrivals, PAGE_SIZE: '10' });

/** An event dated 40 days ago that appears now. */
function appearsLate(subscriberKey: string): void {
  const [event] = [openedAt(closedJob, (40 * dayMs) / 60_000, { subscriberKey, availableAt: Date.now() })];
  stage.world.addEvents('open', [event]);
}

/** Requests for arrivals have no end of their window. */
const ofArrivals = { by: 'date', windowLongerThanMs: 3650 * dayMs } as const;

async function hasOpened(subscriberKey: string): Promise<boolean> {
  const { rows } = await stage.pool.query('select from tracking.open_events where subscriber_key = $1', [
    subscriberKey,
  ]);
  return rows.length === 1;
}

describe('SINCE_LAST_BATCH=on', () => {
  it('requests a few pages of each event type at first, which set the mark, and leaves the rest', async () => {
    const { pool, simulator, world } = stage;
    await pretendNightPassed(pool);
    const since = simulator.requests.length;
    const end = await sync();

    expect(end.code).toBe(0);
    const ofSent = eventRetrieves(stage, since).filter(({ objectType }) => objectType === 'SentEvent');
    const last = ofSent.filter(({ requestId }) => requestId === ofSent.at(-1)?.requestId);
    expect(last.map(({ by, overallStatus }) => [by, overallStatus])).toEqual([
      ['date', 'MoreDataAvailable'],
      ['date', 'MoreDataAvailable'],
    ]);
    await expectTablesEqualTruth(pool, world);
  });

  it('finds an event that appears 40 days late, which no window reads', async () => {
    const { pool, world } = stage;
    appearsLate('very late');
    await pretendNightPassed(pool);
    await sync('off');
    expect(await hasOpened('very late')).toBe(false);
    await pretendNightPassed(pool);
    const end = await sync();

    expect(end.code).toBe(0);
    expect(await hasOpened('very late')).toBe(true);
    await expectTablesEqualTruth(pool, world);
  });

  it('loses only what a lost response had, and nothing that a window reads', async () => {
    const { pool, world, simulator } = stage;
    appearsLate('lost');
    world.addEvents('open', [openedAt(olderJob, 30, { subscriberKey: 'in a window' })]);
    await pretendNightPassed(pool);
    simulator.setFaults([
      { match: { ...ofArrivals, objectType: 'OpenEvent' }, fault: { kind: 'lost-response' } },
    ]);
    const end = await sync();

    expect(end.code).toBe(0);
    expect(await hasOpened('lost')).toBe(false);
    await expectTablesEqualTruth(pool, world, { expected: ({ subscriberKey }) => subscriberKey !== 'lost' });
  });

  it('does not fail a run where it cannot be read, and is not requested where a date alone times out', async () => {
    const { pool, simulator } = stage;
    const timesOut = { kind: 'error', text: errorTexts.timeout } as const;
    await pretendNightPassed(pool);
    simulator.setFaults([{ match: ofArrivals, times: -1, fault: timesOut }]);
    const refused = await sync();
    await pretendNightPassed(pool);
    simulator.setFaults([{ match: { by: ['date', 'below'] }, times: -1, fault: timesOut }]);
    await sync();
    await pretendNightPassed(pool);
    const since = simulator.requests.length;
    const end = await sync();

    expect([refused.code, end.code]).toEqual([0, 0]);
    expect(eventRetrieves(stage, since).filter(({ by }) => by === 'date')).toEqual([]);
  });
});
