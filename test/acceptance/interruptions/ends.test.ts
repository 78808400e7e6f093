import { runCli, startCli } from '../../support/program/cli.ts';
import { distantSchedule, eventually } from '../../support/clock.ts';
import { listSend, openStage, type Stage, untilHeld, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const world = worldOf([1, 2].map((jobId) => listSend(jobId, { counts: { sent: 40, open: 30, click: 10 } })));
let stage: Stage;
beforeEach(async () => {
  stage = await openStage(world, { pageSizeMax: 10 });
});
afterEach(() => stage.close());

/** What ended processes left behind: advisory locks, tasks in their name, processes that did not say that they ended. */
async function leftBehind() {
  const { rows } = await stage.pool.query<{ locks: number; running: number; processes: number }>(
    `select (select count(*) from pg_locks where locktype = 'advisory' and database =
               (select oid from pg_database where datname = current_database()))::int as locks,
            (select count(*) from pipeline.extract_tasks where state = 'running')::int as running,
            (select count(*) from pipeline.processes where ended_at is null)::int as processes`,
  );
  return rows[0];
}

const nothing = { locks: 0, running: 0, processes: 0 };

describe('SIGTERM', () => {
  it('ends a service that is idle with exit code 0: it says that it drains, and leaves nothing locked', async () => {
    for (const command of ['serve', 'worker']) {
      const settings = { LOG_LEVEL: 'info', SYNC_SCHEDULE: distantSchedule().expression };
      const service = startCli([command], { ...stage.env, ...settings });
      await eventually('the process', async () => (await leftBehind())?.processes === 1);
      service.signal('SIGTERM');
      const { code, stderr } = await service.end;
      expect(code).toBe(0);
      expect(stderr).toMatch(/"limitMs":25000.*service is draining/u);
      expect(stderr).toContain('service stopped');
      expect(await leftBehind()).toEqual(nothing);
    }
  });

  it('ends after SHUTDOWN_SECONDS where a response does not come, which is said; the tasks are free at once', async () => {
    const hold = stage.simulator.holdAfter(12);
    const sync = startCli(['sync'], { ...stage.env, SHUTDOWN_SECONDS: '1' });
    await untilHeld(hold, sync);
    sync.signal('SIGTERM');
    const { code, stderr } = await sync.end;
    expect(code).toBe(130);
    expect(stderr).toMatch(/"limitMs":1000.*drain took too long/u);
    expect(await leftBehind()).toEqual(nothing);
    hold.release();
    expect((await runCli(['sync'], stage.env)).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
  });
});

describe('a second signal', () => {
  it.each(['sync', 'worker'])('ends %s at once with 130, and the next sync is exact', async (command) => {
    const env = { ...stage.env, SHUTDOWN_SECONDS: '3600' };
    if (command === 'worker') {
      const before = stage.simulator.holdAfter(12);
      const sync = startCli(['sync'], { ...stage.env, SHUTDOWN_SECONDS: '0' });
      await untilHeld(before, sync);
      sync.signal('SIGTERM');
      await sync.end;
      before.release();
    }
    const hold = stage.simulator.holdAfter(2);
    const running = startCli([command], env);
    await untilHeld(hold, running);
    running.signal('SIGTERM');
    running.signal('SIGINT');
    // The response that the drain would wait for an hour for does not come before the end.
    expect((await running.end).code).toBe(130);
    hold.release();
    await eventually('its locks to be free', async () => (await leftBehind())?.locks === 0);
    expect((await runCli(['sync'], stage.env)).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
    expect(await leftBehind()).toEqual(nothing);
  });
});
