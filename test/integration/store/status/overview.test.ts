import { createGateStore } from '../../../../src/store/gate-state.ts';
import { readTaskDetail } from '../../../../src/store/status/detail/task-detail.ts';
import { readRunDetail } from '../../../../src/store/status/detail/run-detail.ts';
import { takeStatusSample } from '../../../../src/store/status/history/samples.ts';
import { readTrends } from '../../../../src/store/status/history/trends.ts';
import { readOverview } from '../../../../src/store/status/overview.ts';
import { readStatusReport } from '../../../../src/store/status/report.ts';
import { ago, dayMs } from '../../../support/clock.ts';
import { openStore, plantTask, type Store } from '../../../support/stored/ledger.ts';

let store: Store;

beforeEach(async () => {
  store = await openStore();
});
afterEach(() => store.close());

describe('what the status page shows', () => {
  it('has samples of lag and backlog for a month, and no longer', async () => {
    const { pool } = store;
    await plantTask(pool);
    await takeStatusSample(pool, ago(32 * dayMs));
    await takeStatusSample(pool, new Date());
    const { rows } = await pool.query('select open_tasks, lag_seconds from pipeline.status_samples');
    expect(rows).toEqual([{ open_tasks: 1, lag_seconds: null }]);
    const { samples } = await readTrends(pool, new Date());
    expect(samples).toMatchObject([{ openTasks: 1, lagSeconds: null, parkedTasks: 0, rejectedRecords: 0 }]);
  });

  it('has one line for each time that the gate closed or opened, however many processes report it', async () => {
    const { pool } = store;
    const gate = createGateStore(pool);
    const closure = { systemStatus: 'InMaintenance', reason: 'reports InMaintenance', pollMs: 600_000 };
    await gate.open();
    await Promise.all([gate.close(closure), gate.close(closure), gate.close(closure)]);
    await Promise.all([gate.open(), gate.open()]);
    expect((await readTrends(pool, new Date())).gateChanges).toMatchObject([
      { gate: 'open', systemStatus: 'OK', reason: null },
      { gate: 'closed', systemStatus: 'InMaintenance', reason: 'reports InMaintenance' },
    ]);
    expect(await gate.read()).toMatchObject({ isOpen: true, systemStatus: 'OK' });
  });

  it('counts new events by the hour in which their window was loaded, and by the day on which they happened', async () => {
    const { pool } = store;
    const id = await plantTask(pool, { state: 'done', eventType: 'click' });
    await pool.query('update pipeline.extract_tasks set inserted = 7 where id = $1', [id]);
    const now = new Date();
    await pool.query(
      `insert into tracking.job_days (account_id, job_id, event_type, day, events, people, machine_events, human_people, changed_at)
       values (1, 42, 'open', $1::timestamptz::date, 5, 5, 0, 5, now()), (1, 43, 'open', $1::timestamptz::date, 6, 5, 0, 5, now())`,
      [now],
    );
    const trends = await readTrends(pool, now);
    expect(trends.loadedPerHour).toMatchObject([{ eventType: 'click', events: 7 }]);
    expect(trends.loadedPerHour[0]?.at).toMatch(/T\d\d:00:00\.000Z$/u);
    expect(trends.perDay).toEqual([{ at: now.toISOString().slice(0, 10), eventType: 'open', events: 11 }]);
    expect(trends.lastDay).toBe(now.toISOString().slice(0, 10));
  });

  it('has parked tasks and rejected records, without the text of the records', async () => {
    const { pool } = store;
    const id = await plantTask(pool, { state: 'parked' });
    await pool.query(
      `insert into pipeline.rejected_records (account_id, job_id, event_type, reason, record, record_digest)
       values (1, 42, 'open', 'EventDate is missing', '<Results>anna@example.com</Results>', 'x')`,
    );
    const overview = await readOverview(pool, await readStatusReport(pool, new Date()));
    expect(overview.parked).toMatchObject([{ id, state: 'parked' }]);
    expect(overview.rejected).toMatchObject([{ reason: 'EventDate is missing', jobId: 42 }]);
    expect(JSON.stringify(overview)).not.toContain('anna@example.com');
  });

  it('leads from a run to its tasks and from a task to its parts', async () => {
    const { pool } = store;
    const { rows } = await pool.query<{ run_id: number }>(
      `insert into pipeline.runs (kind, account_ids, event_types, process_id) values ('sync', '{1}', '{open}', 1) returning run_id`,
    );
    const runId = rows[0]?.run_id ?? 0;
    const root = await plantTask(pool, { runId, state: 'split' });
    const part = await plantTask(pool, { runId, rootId: root, state: 'parked' });
    const run = await readRunDetail(pool, runId);
    expect(run).toMatchObject({
      run: { runId, kind: 'sync' },
      taskCount: 2,
      tasks: [{ id: part }, { id: root }],
    });
    expect(await readTaskDetail(pool, root)).toMatchObject({ task: { id: root }, parts: [{ id: part }] });
    expect(await readRunDetail(pool, 99)).toBeUndefined();
    expect(await readTaskDetail(pool, 99)).toBeUndefined();
  });
});
