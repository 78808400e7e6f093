import { startCli, runCli } from '../../support/program/cli.ts';
import { distantSchedule, eventually } from '../../support/clock.ts';
import { freePort } from '../../support/outside/ports.ts';
import { listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';

const world = worldOf([listSend(700, { counts: { sent: 30, open: 10 } })]);
const schedule = distantSchedule();
let stage: Stage;

beforeEach(async () => {
  stage = await openStage(world);
});
afterEach(() => stage.close());

/** What a path of the service responds with; undefined while it does not listen. */
async function get(url: string): Promise<{ status: number; body: string } | undefined> {
  try {
    const response = await fetch(url);
    return { status: response.status, body: await response.text() };
  } catch {
    return undefined;
  }
}

describe('a service that has waited for a sync for too long', () => {
  it('is not ready until one completes, and shows its next tick while it serves', async () => {
    const { env, pool } = stage;
    await pool.query(`update pipeline.migrations set migration_time = now() - interval '10 days'`);
    const port = await freePort();
    const serve = startCli(['serve'], {
      ...env,
      HTTP_PORT: String(port),
      SYNC_SCHEDULE: schedule.expression,
      READY_AFTER_HOURS: '48',
    });
    const url = `http://127.0.0.1:${port}`;
    await eventually('the service', async () => (await get(`${url}/healthz`))?.status === 200);

    const before = await get(`${url}/readyz`);
    expect(before?.status).toBe(503);
    expect(before?.body).toContain('no sync has ever completed');
    expect((await runCli(['sync', '--json'], env)).code).toBe(0);
    await eventually('ready', async () => (await get(`${url}/readyz`))?.status === 200);

    const served = await runCli(['status'], env);
    expect(served.stdout).toMatch(/^Complete up to .* UTC for .*, no holes\.\n/u);
    expect(served.stdout).toMatch(
      new RegExp(
        `Last completed sync: run \\d+ at .* UTC\\.\\nNext sync at \\d{4}-${schedule.monthAndDay} 02:00 UTC`,
        'u',
      ),
    );
    const metric = 'sfmc_tracking_housekeeping_last_success_timestamp_seconds';
    for (const step of [
      'sample-status',
      'make-partitions',
      'settle-rejected',
      'refresh-rollups',
      'compare-counters',
      'check-rollups',
    ]) {
      const succeeded = new RegExp(`${metric}\\{step="${step}"\\} [1-9]`, 'u');
      await eventually(step, async () => succeeded.test((await get(`${url}/metrics`))?.body ?? ''));
    }
    serve.signal('SIGTERM');
    expect((await serve.end).code).toBe(0);
    expect((await runCli(['status'], env)).stdout).toContain('No process serves a schedule.');
  });
});

describe('a service that was down at its tick', () => {
  it('makes the tick up at its start, once', async () => {
    const { env, pool } = stage;
    await pool.query(`update pipeline.migrations set migration_time = now() - interval '800 days'`);
    const ran = () =>
      pool.query<{ scheduled_at: Date; outcome: string | null }>(
        'select scheduled_at, outcome from pipeline.runs order by run_id',
      );
    const settings = { ...env, SYNC_SCHEDULE: schedule.expression };
    const first = startCli(['serve'], settings);
    await eventually('the made-up run', async () => (await ran()).rows[0]?.outcome === 'completed');
    first.signal('SIGTERM');
    expect((await first.end).code).toBe(0);

    const second = startCli(['serve'], settings);
    await eventually('the second service', async () => {
      const { rowCount } = await pool.query('select from pipeline.schedule where process_id > 1');
      return rowCount === 1;
    });
    second.signal('SIGTERM');
    expect((await second.end).stderr).not.toContain('tick missed');
    const { rows } = await ran();
    expect(rows).toHaveLength(1);
    expect(rows[0]?.scheduled_at.toISOString().slice(4)).toBe(`-${schedule.monthAndDay}T02:00:00.000Z`);
  });
});
