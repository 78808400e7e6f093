import {
  closeRun,
  openRun,
  type RunOutcome,
  type RunRequest,
} from '../../../../src/store/ledger/runs/run-log.ts';
import { openProcessSession } from '../../../../src/store/connection/session.ts';
import { readStatusReport, type StatusReport } from '../../../../src/store/status/report.ts';
import { recordSchedule } from '../../../../src/store/status/runs/schedule.ts';
import { dayMs, hourMs } from '../../../support/clock.ts';
import { day, emptyLedger, openStore, plantTask, type Store } from '../../../support/stored/ledger.ts';

const accountId = 1;
const twoNightsMs = 2 * dayMs;
let store: Store;

beforeAll(async () => {
  store = await openStore(8);
});
afterEach(async () => {
  await emptyLedger(store.pool);
  await store.pool.query(`
    delete from pipeline.schedule; delete from pipeline.accounts;
    update pipeline.migrations set migration_time = now()`);
});
afterAll(() => store.close());

const sync: RunRequest = { kind: 'sync', accountIds: [accountId], eventTypes: ['open'], processId: 1 };
const counts = {
  tasks: { done: 3, parked: 1 },
  events: { open: { records: 5, inserted: 4, rejected: 0 } },
  dimensions: {},
  requests: 9,
};

/** A run that ended this many days after a day on which nothing else happens. */
async function endedRun(days: number, outcome: RunOutcome, request: RunRequest = sync): Promise<number> {
  const opened = await openRun(store.pool, request);
  const runId = opened?.runId ?? 0;
  await closeRun(store.pool, runId, outcome, counts);
  await store.pool.query('update pipeline.runs set started_at = $2, finished_at = $2 where run_id = $1', [
    ...[runId, day(days)],
  ]);
  return runId;
}

function reportAt(days: number, readyAfterMs?: number): Promise<StatusReport> {
  return readStatusReport(store.pool, day(days), { readyAfterMs });
}

describe('the last completed run', () => {
  it('is found behind any number of nights that failed, and data stay overdue', async () => {
    const completed = await endedRun(1, 'completed_with_problems');
    for (let night = 2; night <= 8; night += 1) {
      await endedRun(night, 'halted');
      const report = await reportAt(night + 0.5, twoNightsMs);
      expect(report.lastCompleted.sync).toMatchObject({ runId: completed, finishedAt: day(1) });
      expect({ night, isOverdue: report.overdue !== null }).toEqual({ night, isOverdue: night >= 3 });
    }
  });

  it('is not hidden by backfills, which are counted apart', async () => {
    const completed = await endedRun(1, 'completed');
    let backfill = 0;
    for (let index = 0; index < 40; index += 1)
      backfill = await endedRun(1, 'completed', { ...sync, kind: 'backfill' });

    const { lastCompleted, overdue, runs } = await reportAt(1.5, twoNightsMs);
    expect(lastCompleted).toMatchObject({ sync: { runId: completed }, backfill: { runId: backfill } });
    expect(overdue).toBeNull();
    expect(runs).toHaveLength(30);
  });

  it('is none that was limited to some jobs: it says nothing of the others', async () => {
    await endedRun(1, 'completed', { ...sync, jobIds: [42] });
    expect((await reportAt(2)).lastCompleted.sync).toBeNull();
  });

  it('is missed where no sync has ever completed, from the day the database was set up', async () => {
    await store.pool.query('update pipeline.migrations set migration_time = $1', [day(0)]);
    await endedRun(1, 'halted');
    expect((await reportAt(1, twoNightsMs)).overdue).toBeNull();
    expect((await reportAt(3, twoNightsMs)).overdue).toEqual({ since: day(2), lastCompletedAt: null });
  });
});

describe('a run in the history', () => {
  it('keeps its counts when a later run adopts its tasks', async () => {
    const runId = await endedRun(1, 'completed_with_problems');
    const { runs } = await reportAt(2);
    expect(runs).toMatchObject([{ runId, outcome: 'completed_with_problems', ...counts }]);
  });

  it('is counted from the ledger while it runs, and where it was killed', async () => {
    const session = await openProcessSession(store.url, { command: 'sync', host: 'db-3', pid: 4711 });
    const opened = await openRun(store.pool, { ...sync, processId: session.processId });
    await plantTask(store.pool, { runId: opened?.runId ?? 0, state: 'done' });
    expect((await reportAt(2)).runs).toMatchObject([{ outcome: null, tasks: { done: 1, parked: 0 } }]);
    await session.end();
    expect((await reportAt(2)).runs).toMatchObject([
      { outcome: 'interrupted', tasks: { done: 1, parked: 0 } },
    ]);
  });
});

describe('the schedule', () => {
  it('is shown while the process that serves it is alive; how long data may go is kept beyond it', async () => {
    const session = await openProcessSession(store.url, { command: 'serve', host: 'here', pid: 1 });
    const { processId } = session;
    const schedule = { expression: '0 2 * * *', timeZone: 'UTC', nextTickAt: day(3), processId };
    await recordSchedule(store.pool, { ...schedule, readyAfterMs: hourMs });
    await recordSchedule(store.pool, { ...schedule, nextTickAt: day(4), readyAfterMs: twoNightsMs });
    await endedRun(1, 'completed');

    const served = await reportAt(2);
    expect(served.schedule).toEqual({ expression: '0 2 * * *', timeZone: 'UTC', nextTickAt: day(4) });
    await session.end();
    const alone = await reportAt(3.5);
    expect(alone.schedule).toBeNull();
    expect(alone.overdue).toMatchObject({ since: day(3) });
    expect((await reportAt(3.5, 4 * dayMs)).overdue).toBeNull();
  });
});

describe('processes with different schedules', () => {
  it('are all shown, the one that ticks next first, and data are overdue by the shortest', async () => {
    const open = () => openProcessSession(store.url, { command: 'serve', host: 'here', pid: 1 });
    const [nightly, hourly] = [await open(), await open()];
    const timeZone = 'UTC';
    const night = { expression: '0 2 * * *', timeZone, nextTickAt: day(3) };
    const hour = { expression: '0 * * * *', timeZone, nextTickAt: day(2.5) };
    const { processId } = hourly;
    await recordSchedule(store.pool, { ...hour, readyAfterMs: 2 * hourMs, processId });
    await recordSchedule(store.pool, {
      ...{ ...night, readyAfterMs: twoNightsMs, processId: nightly.processId },
    });
    await endedRun(1, 'completed');

    const both = await reportAt(2);
    expect(both).toMatchObject({ schedule: hour, schedules: [hour, night] });
    expect(both.overdue).toMatchObject({ since: new Date(day(1).getTime() + 2 * hourMs) });
    await hourly.end();
    expect(await reportAt(2)).toMatchObject({ schedule: night, schedules: [night], overdue: null });

    // What a process wrote that has ended leaves with the next write.
    await recordSchedule(store.pool, { ...night, readyAfterMs: twoNightsMs, processId: nightly.processId });
    const { rows } = await store.pool.query('select process_id from pipeline.schedule');
    expect(rows).toEqual([{ process_id: nightly.processId }]);
    await nightly.end();
  });
});

describe('how far events are complete', () => {
  async function checkpoint(jobId: number, watermark: Date | null, coveredTo: Date | null): Promise<void> {
    await store.pool.query(
      `insert into pipeline.checkpoints (account_id, job_id, event_type, state, watermark, covered_from, covered_to)
       values ($1, $2, 'open', 'open', $3, $4, $5)`,
      [accountId, jobId, watermark, coveredTo === null ? null : day(0), coveredTo],
    );
  }

  async function discoveredUntil(until: Date | null): Promise<void> {
    await store.pool.query(
      'insert into pipeline.accounts (account_id, jobs_discovered_until) values ($1, $2)',
      [...[accountId, until]],
    );
  }

  const complete = async () => (await reportAt(9)).completeness;

  it('is the end of what the job furthest behind has been read to', async () => {
    await discoveredUntil(day(5));
    await checkpoint(1, day(4), day(4));
    await checkpoint(2, day(3), day(3));
    expect(await complete()).toEqual({
      ...{ completeTo: day(3), holes: 0, accountIds: [accountId], eventTypes: ['open'], incomplete: [] },
    });
  });

  it('goes beyond a parked window, which is a hole in it, and holds before one in progress', async () => {
    await discoveredUntil(day(5));
    await checkpoint(1, day(1), day(4));
    await plantTask(store.pool, { jobId: 1, state: 'parked', from: day(1), to: day(2) });
    expect(await complete()).toMatchObject({ completeTo: day(4), holes: 1 });
    await plantTask(store.pool, { jobId: 1, state: 'running', from: day(3), to: day(4) });
    expect(await complete()).toMatchObject({ completeTo: day(3), holes: 1 });
  });

  it('does not fall back while a window begins before the watermark, for late events', async () => {
    await discoveredUntil(day(5));
    await checkpoint(1, day(4), day(4));
    await plantTask(store.pool, { jobId: 1, state: 'planned', from: day(3), to: day(5) });
    expect(await complete()).toMatchObject({ completeTo: day(4) });
  });

  it('ends where the discovery of jobs ended, and is unknown before there was one', async () => {
    await checkpoint(1, day(4), day(4));
    expect(await complete()).toMatchObject({
      completeTo: null,
      incomplete: [{ accountId, eventType: 'open' }],
    });
    await discoveredUntil(day(2));
    expect(await complete()).toMatchObject({ completeTo: day(2) });
  });

  it('counts no parked backfill and no parked full re-read as a hole', async () => {
    await discoveredUntil(day(5));
    await checkpoint(1, day(4), day(4));
    for (const origin of ['backfill', 'full_reread'] as const)
      await plantTask(store.pool, { jobId: 1, state: 'parked', origin });
    expect(await complete()).toMatchObject({ completeTo: day(4), holes: 0 });
  });
});
