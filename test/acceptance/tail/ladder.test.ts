import type { FaultRule } from '../../../simulator/faults/faults.ts';
import { syncToEnd } from '../../support/program/in-process-cli.ts';
import { ago, dayMs, hourMs } from '../../support/clock.ts';
import { errorTexts } from '../../support/error-texts.ts';
import { accountId, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import {
  closedJob,
  eventRetrieves,
  olderJob,
  openedAt,
  pretendNightPassed,
  pretendReadInFull,
  pretendTailChecked,
  tailJobs,
  tailRows,
  youngJob,
} from '../../support/tail/tail.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

type FilterKind = NonNullable<FaultRule['match']['by']>;

const triggeredJob = 120;
const triggeredSendId = '6b1f2c3d-0000-4000-8000-00000000a120';
let stage: Stage;

beforeAll(async () => {
  // Two versions of one triggered send.
  const triggered = [triggeredJob, triggeredJob + 1].map((jobId) => ({
    ...{ accountId, jobId, kind: 'triggered' as const, sentAt: null, triggeredSendId },
    ...{ createdAt: ago(25 * dayMs), triggeredSendStatus: 'Active' as const },
    ...{ counts: { sent: 4, open: 2, click: 1 }, lastEventAt: ago(20 * dayMs) },
  }));
  stage = await openStage(worldOf([...tailJobs(), ...triggered]));
  await sync();
  await pretendReadInFull(stage.pool);
});
afterAll(() => stage.close());

const sync = () => syncToEnd({ ...stage.env, TAIL: 'auto' });

/** A night with an event of each old job; returns what its requests of events named. */
async function night(faults: readonly FaultRule[] = []): Promise<Record<string, number>> {
  const { pool, world, simulator } = stage;
  await pretendNightPassed(pool);
  await pretendTailChecked(pool);
  world.addEvents('open', [
    openedAt(closedJob, 30),
    openedAt(olderJob, 30),
    openedAt(triggeredJob, 30, { triggeredSendId }),
  ]);
  simulator.setFaults(faults);
  const since = simulator.requests.length;
  const end = await sync();
  expect(end.code).toBe(0);
  await expectTablesEqualTruth(pool, world);
  const ofOld = eventRetrieves(stage, since).filter(({ jobId }) => jobId !== youngJob);
  return Object.fromEntries(
    [...Map.groupBy(ofOld, ({ by }) => by ?? '')].map(([by, requests]) => [by, requests.length]),
  );
}

function timesOut(by: FilterKind, windowLongerThanMs?: number): FaultRule {
  const match = { by, ...(windowLongerThanMs === undefined ? {} : { windowLongerThanMs }) };
  return { match, times: -1, fault: { kind: 'error', text: errorTexts.timeout } };
}

const rungs = async () => (await tailRows(stage.pool)).map(({ rung }) => rung);

describe('the tail is read', () => {
  it('by jobs below the first young one, where a date alone would read many events of young jobs again', async () => {
    await stage.pool.query('update pipeline.checkpoints set last_records = 1000000 where job_id = $1', [
      youngJob,
    ]);

    expect(await night()).toEqual({ below: 3 });
    expect(await rungs()).toEqual([1, 1, 1]);
  });

  it('by a date alone, where that costs little', async () => {
    await stage.pool.query('update pipeline.checkpoints set last_records = 0 where job_id = $1', [youngJob]);

    expect(await night()).toEqual({ date: 3 });
    expect(await rungs()).toEqual([2, 2, 2]);
  });

  it('by narrow windows where wide ones time out, and by that width from the first request the next night', async () => {
    const faults = [timesOut(['date', 'below'], 4 * hourMs)];
    await night(faults);
    const { date = 0, ...others } = await night(faults);

    expect(await rungs()).toEqual([2, 2, 2]);
    expect(others).toEqual({});
    // Two days in parts of three to four hours, and of each type the first request fails only once in a week.
    expect(date).toBeGreaterThanOrEqual(36);
    expect(date).toBeLessThanOrEqual(3 * 17);
  });

  it('by lists of jobs where a date times out at every width, which one event type finds out for all', async () => {
    await stage.pool.query('delete from pipeline.window_widths; delete from pipeline.tails');
    const faults = [timesOut(['date', 'below'])];
    const first = await night(faults);

    expect(await rungs()).toEqual([3, 3, 3]);
    expect(first['jobs']).toBe(3);
    expect((first['date'] ?? 0) + (first['below'] ?? 0)).toBeLessThanOrEqual(26);
    expect(await night(faults)).toEqual({ jobs: 3 });
  });

  it('by triggered sends and a date where lists time out as well; other old jobs are read one by one', async () => {
    const { definition, ...others } = await night([timesOut(['date', 'below', 'jobs'])]);

    expect(await rungs()).toEqual([4, 4, 4]);
    expect(definition).toBe(3);
    expect(Object.keys(others)).toEqual(expect.arrayContaining(['job']));
  });

  it('not at all where no filter works: every old job is read one by one', async () => {
    const faults = [timesOut(['date', 'below', 'jobs', 'definition'])];
    await night(faults);

    expect(Object.keys(await night(faults))).toEqual(['job']);
    expect(await rungs()).toEqual([]);
  });

  it('on a higher rung again after 30 days', async () => {
    await night();
    expect(await rungs()).toEqual([]);
    await stage.pool.query(`update pipeline.tail_failures set failed_at = failed_at - interval '31 days'`);
    await night();

    expect(await rungs()).toEqual([2, 2, 2]);
  });
});
