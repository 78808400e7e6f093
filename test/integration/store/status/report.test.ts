import type pg from 'pg';
import { createPool } from '../../../../src/store/connection/pool.ts';
import { readStatusReport } from '../../../../src/store/status/report.ts';
import { openProcessSession } from '../../../../src/store/connection/session.ts';
import { listTasks } from '../../../../src/store/ledger/task-list.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres/database.ts';

let database: TestDatabase;
let pool: pg.Pool;
const now = new Date('2026-07-02T00:00:00Z');

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ databaseUrl: database.url, connectionsMax: 6, applicationName: 'test' });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

async function checkpoint(jobId: number, state: string, watermark: string | null): Promise<void> {
  await pool.query(
    `insert into pipeline.checkpoints (account_id, job_id, event_type, state, watermark) values (7, $1, 'open', $2, $3)`,
    [jobId, state, watermark],
  );
}

describe('readStatusReport', () => {
  it('is empty, not broken, before the first sync', async () => {
    expect(await readStatusReport(pool, now)).toMatchObject({
      eventTypes: [],
      runs: [],
      gate: { state: 'open' },
    });
  });

  it('shows the oldest watermark of open jobs and leaves closed jobs out of the lag', async () => {
    await checkpoint(1, 'open', '2026-07-01T22:00:00Z');
    await checkpoint(2, 'open', '2026-07-01T23:00:00Z');
    await checkpoint(3, 'closed', '2026-01-01T00:00:00Z');
    expect((await readStatusReport(pool, now)).eventTypes).toEqual([
      {
        accountId: 7,
        eventType: 'open',
        completeTo: null,
        holes: 0,
        watermark: new Date('2026-07-01T22:00:00Z'),
        lagSeconds: 7200,
        checkpoints: { open: 2, complete: 0, closed: 1 },
        openTasks: 0,
        parkedTasks: 0,
        rejectedRecords: 0,
      },
    ]);
  });

  it('counts a job that was never read as behind since it was made', async () => {
    await pool.query(
      `insert into tracking.jobs (account_id, job_id, created_at) values (7, 9, '2026-07-01T12:00:00Z')`,
    );
    await checkpoint(1, 'open', '2026-07-01T23:00:00Z');
    await checkpoint(9, 'open', null);
    expect((await readStatusReport(pool, now)).eventTypes[0]?.lagSeconds).toBe(12 * 3600);
  });

  it('counts open and parked tasks, never the settled ones', async () => {
    await pool.query(
      `insert into pipeline.extract_tasks
         (root_id, origin, account_id, job_id, event_type, window_from, window_to, state, settled_at, parked_at, error_code)
       values (1, 'sync', 7, 1, 'click', '2026-07-01', '2026-07-02', 'planned', null, null, null),
              (2, 'sync', 7, 2, 'click', '2026-07-01', '2026-07-02', 'parked', now(), now(), 'RETRIEVE_FAILED'),
              (3, 'sync', 7, 3, 'click', '2026-07-01', '2026-07-02', 'done', now(), null, null)`,
    );
    expect((await readStatusReport(pool, now)).eventTypes).toMatchObject([
      { eventType: 'click', openTasks: 1, parkedTasks: 1, watermark: null, lagSeconds: null },
    ]);
    const parked = await listTasks(pool, { parkedOnly: true, limit: 10 });
    expect(parked.map(({ jobId, errorCode }) => [jobId, errorCode])).toEqual([[2, 'RETRIEVE_FAILED']]);
    expect(await listTasks(pool, { parkedOnly: false, limit: 10 })).toHaveLength(2);
  });

  it('shows a process only while it is alive, even if its row was never ended', async () => {
    await pool.query(`insert into pipeline.processes (command, host, pid) values ('sync', 'elsewhere', 1)`);
    const session = await openProcessSession(database.url, { command: 'worker', host: 'here', pid: 2 });
    expect((await readStatusReport(pool, now)).processes.map(({ host }) => host)).toEqual(['here']);
    await session.end();
    expect((await readStatusReport(pool, now)).processes).toEqual([]);
  });

  it('shows since when the gate is closed and when it is checked again', async () => {
    await pool.query(
      `update pipeline.system_status set gate = 'closed', reason = 'maintenance', closed_at = $1, next_check_at = $2`,
      ['2026-07-01T23:50:00Z', '2026-07-02T00:10:00Z'],
    );
    expect((await readStatusReport(pool, now)).gate).toMatchObject({
      state: 'closed',
      reason: 'maintenance',
      nextCheckAt: new Date('2026-07-02T00:10:00Z'),
    });
  });
});
