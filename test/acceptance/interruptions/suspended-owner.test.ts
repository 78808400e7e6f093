import { runCli, startCli, summaryOf } from '../../support/program/cli.ts';
import { eventually } from '../../support/clock.ts';
import { accountId, listSend, openStage, type Stage, untilHeld, worldOf } from '../../support/simulator.ts';
import { untilRegistered } from '../../support/stored/running-processes.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';
import { expectNoWatermarkPastAHole } from '../../support/stored/watermarks.ts';

const counts = { sent: 120, open: 90, click: 40 };
const world = worldOf([901, 902].map((jobId) => listSend(jobId, { counts })));
let stage: Stage;

beforeEach(async () => {
  stage = await openStage(world, { latencyMs: 20, pageSizeMax: 10 });
});
afterEach(() => stage.close());

interface HeldTask {
  id: number;
  fence: number;
  process_id: number;
}

/** The ledger as it stands, in the order of its ids. */
async function readLedger(): Promise<(HeldTask & { state: string })[]> {
  const { rows } = await stage.pool.query<HeldTask & { state: string }>(
    'select * from pipeline.extract_tasks order by id',
  );
  return rows;
}

async function runningTasks(): Promise<HeldTask[]> {
  const { rows } = await stage.pool.query<HeldTask>(
    `select id, fence, process_id from pipeline.extract_tasks where state = 'running' and settled_at is null`,
  );
  return rows;
}

/** Pages of events that were requested and not held. */
function pagesReturned(): number {
  return stage.simulator.requests.filter(({ objectType }) => objectType?.endsWith('Event')).length;
}

async function pagesCommitted(): Promise<number> {
  const { rows } = await stage.pool.query<{ pages: number }>(
    `select coalesce(sum(pages), 0)::int as pages from pipeline.extract_tasks where kind = 'events'`,
  );
  return rows[0]?.pages ?? 0;
}

/** Cuts the connection that says "this process is alive", as a firewall between the two might. */
async function cutSession(pool: Stage['pool']): Promise<void> {
  const { rowCount } = await pool.query(
    `select pg_terminate_backend(activity.pid)
     from pg_stat_activity as activity
     where activity.datname = current_database() and activity.application_name = 'sfmc-tracking sync'
       and exists (select from pg_locks as held
                   where held.pid = activity.pid and held.locktype = 'advisory' and held.objsubid = 2)`,
  );
  expect(rowCount).toBe(1);
}

describe('a process that was suspended while another took its tasks over', () => {
  it('writes nothing late: the fence has grown, and the data are exact', async () => {
    const { simulator, pool, env } = stage;
    const hold = simulator.holdAfter(30);
    const suspended = startCli(['sync', '--json'], env);
    await untilHeld(hold, suspended);
    // What has passed is committed: a last page among it would end its task while the process is being suspended.
    await eventually('nothing on its way', async () => (await pagesCommitted()) === pagesReturned());
    suspended.signal('SIGSTOP');
    const held = await runningTasks();
    expect(held.length).toBeGreaterThan(0);
    await cutSession(pool);
    hold.release();
    const heir = await runCli(['sync', '--json'], env);

    expect({ code: heir.code, outcome: summaryOf(heir).outcome }).toEqual({ code: 0, outcome: 'completed' });
    await expectTablesEqualTruth(pool, world);
    const before = await readLedger();
    for (const { id, fence, process_id: owner } of held) {
      const task = before.find((row) => row.id === id);
      expect(task).toMatchObject({ state: 'done' });
      expect(Number(task?.fence)).toBeGreaterThan(fence);
      expect(task?.process_id).not.toBe(owner);
    }

    suspended.signal('SIGCONT');
    const end = await suspended.end;
    expect(end.stderr).not.toMatch(/bug in sfmc-tracking|OWNERSHIP_LOST.*parked/u);
    expect(end.code).toBe(0);
    expect((await readLedger()).slice(0, before.length)).toEqual(before);
    await expectTablesEqualTruth(pool, world);
    await expectNoWatermarkPastAHole(pool, world);
  });
});

describe('a process that ended with a task in its name', () => {
  it('holds up no later sync: the task is taken from it at once', async () => {
    const { pool, env } = stage;
    expect((await runCli(['sync', '--json'], env)).code).toBe(0);
    // As a task looks that was taken in the moment in which its process stopped taking.
    await pool.query(`
      update pipeline.extract_tasks set state = 'running', settled_at = null, finished_at = null
      where id = (select min(id) from pipeline.extract_tasks where id = root_id)`);
    const end = await runCli(['sync', '--json'], env);

    expect(end.code).toBe(0);
    expect(await runningTasks()).toEqual([]);
    await expectTablesEqualTruth(pool, world);
  });
});

describe('concurrency of an account', () => {
  it('holds over four processes', async () => {
    const { simulator, env } = stage;
    const settings = { ...env, CONCURRENCY_PER_ACCOUNT: '2' };
    const workers = [1, 2].map(() => startCli(['worker'], settings));
    await untilRegistered(stage.pool, 'worker', 2);
    const ends = await Promise.all([1, 2].map(() => runCli(['sync', '--json'], settings)));
    for (const worker of workers) worker.signal('SIGTERM');
    const left = await Promise.all(workers.map(({ end }) => end));

    expect([...ends, ...left].map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(simulator.peakConcurrency(accountId)).toBe(2);
    await expectTablesEqualTruth(stage.pool, world);
  });
});
