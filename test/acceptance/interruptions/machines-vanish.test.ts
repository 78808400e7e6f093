import { type RunningCli, runCli, startCli } from '../../support/program/cli.ts';
import { syncInProcess } from '../../support/program/in-process-cli.ts';
import { eventually } from '../../support/clock.ts';
import { openNetwork } from '../../support/outside/silent-network.ts';
import { accountId, listSend, openStage, type Stage, untilHeld, worldOf } from '../../support/simulator.ts';
import { untilRegistered } from '../../support/stored/running-processes.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const counts = { sent: 60, open: 40, click: 20 };
const world = worldOf([1, 2, 3].map((jobId) => listSend(jobId, { counts })));
let stage: Stage;
beforeEach(async () => {
  stage = await openStage(world, { pageSizeMax: 10 });
});
afterEach(() => stage.close());

interface OwnedTask {
  readonly id: number;
  readonly processId: number;
}

async function runningTasks(): Promise<OwnedTask[]> {
  const { rows } = await stage.pool.query<OwnedTask>(
    `select id, process_id as "processId" from pipeline.extract_tasks
     where state = 'running' and settled_at is null order by id`,
  );
  return rows;
}

async function hasUnsettled(): Promise<boolean> {
  const { rowCount } = await stage.pool.query(
    'select from pipeline.extract_tasks where settled_at is null limit 1',
  );
  return rowCount !== 0;
}

/** A sync that plans and is stopped: its tasks stay in the queue, for workers alone. */
async function planTasks(): Promise<void> {
  const hold = stage.simulator.holdAfter(12);
  const drain = new AbortController();
  const sync = syncInProcess({ env: { ...stage.env, SHUTDOWN_SECONDS: '1' }, drain: drain.signal });
  await Promise.race([hold.reached, sync]);
  drain.abort(new Error('told to stop'));
  expect(await sync).toBe(130);
  hold.release();
  expect(await hasUnsettled()).toBe(true);
}

/** A worker whose tasks are all at a request that is held: none can be done before the worker is gone. */
async function startHeldWorker(env: Readonly<Record<string, string>>) {
  const hold = stage.simulator.holdAfter(0);
  const worker = startCli(['worker'], env);
  await untilHeld(hold, worker);
  const held = await eventually('claimed tasks', async () => {
    const tasks = await runningTasks();
    return tasks.length > 0 && tasks;
  });
  return { worker, held, release: () => hold.release() };
}

/** Another worker has taken over what the first one held, and all of it is there, once. */
async function expectTakenOver(held: readonly OwnedTask[], heir: RunningCli): Promise<void> {
  await eventually('everything to be settled', async () => !(await hasUnsettled()), { pauseMsMax: 500 });
  const { rows } = await stage.pool.query<OwnedTask & { state: string }>(
    'select id, process_id as "processId", state from pipeline.extract_tasks where id = any($1) order by id',
    [held.map(({ id }) => id)],
  );
  expect(rows.map(({ id }) => id)).toEqual(held.map(({ id }) => id));
  for (const [at, { state, processId }] of rows.entries()) {
    expect(state).toBe('done');
    expect(processId).not.toBe(held[at]?.processId);
  }
  heir.signal('SIGTERM');
  expect((await heir.end).code).toBe(0);
  expect((await runCli(['sync'], stage.env)).code).toBe(0);
  await expectTablesEqualTruth(stage.pool, world);
}

describe('a worker that is gone with tasks claimed', () => {
  it('because it was killed: another one takes them over, exactly', async () => {
    await planTasks();
    const { worker, held, release } = await startHeldWorker(stage.env);
    worker.signal('SIGKILL');
    release();
    await expectTakenOver(held, startCli(['worker'], stage.env));
  });

  it('because it was suspended: the server ends its session, and what it writes late counts for nothing', async () => {
    await planTasks();
    const { worker, held, release } = await startHeldWorker(stage.env);
    worker.signal('SIGSTOP');
    release();
    await expectTakenOver(held, startCli(['worker'], stage.env));
    worker.signal('SIGCONT');
    worker.signal('SIGTERM');
    expect((await worker.end).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
  });

  it('because its machine vanished: its connections say nothing any more, and nobody closes them', async () => {
    await planTasks();
    const network = await openNetwork(stage.databaseUrl);
    try {
      const { worker, held, release } = await startHeldWorker({ ...stage.env, DATABASE_URL: network.url });
      network.fallSilent();
      release();
      await expectTakenOver(held, startCli(['worker'], stage.env));
      worker.signal('SIGKILL');
      await worker.end;
    } finally {
      await network.close();
    }
  });
});

describe('two workers and a sync', () => {
  it('share the queue, and the limit of the account holds over all of them', async () => {
    const settings = { ...stage.env, CONCURRENCY_PER_ACCOUNT: '2' };
    const workers = [startCli(['worker'], settings), startCli(['worker'], settings)];
    await untilRegistered(stage.pool, 'worker', 2);
    expect((await runCli(['sync'], settings)).code).toBe(0);
    for (const worker of workers) worker.signal('SIGTERM');
    for (const { code } of await Promise.all(workers.map(({ end }) => end))) expect(code).toBe(0);
    expect(stage.simulator.peakConcurrency(accountId)).toBeLessThanOrEqual(2);
    await expectTablesEqualTruth(stage.pool, world);
  });
});

describe('a process whose database does not respond any more', () => {
  it.each([
    ['worker', 0],
    ['sync', 130],
  ] as const)('ends when it is stopped: %s with %d, and the next sync is exact', async (command, code) => {
    const network = await openNetwork(stage.databaseUrl);
    try {
      if (command === 'worker') await planTasks();
      const hold = stage.simulator.holdAfter(2);
      const env = { ...stage.env, DATABASE_URL: network.url, SHUTDOWN_SECONDS: '0' };
      const stuck = startCli([command], env);
      await untilHeld(hold, stuck);
      network.fallSilent();
      stuck.signal('SIGTERM');
      const end = await stuck.end;
      expect(end.stderr).toMatch(/what does not respond is left/u);
      expect(end.code).toBe(code);
      hold.release();
    } finally {
      await network.close();
    }
    expect((await runCli(['sync'], stage.env)).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
  });

  it('ends when it is stopped where it only reads the database, too', async () => {
    const network = await openNetwork(stage.databaseUrl);
    try {
      network.fallSilentAfter('pipeline.');
      const stuck = startCli(['status'], { ...stage.env, DATABASE_URL: network.url, SHUTDOWN_SECONDS: '0' });
      await eventually('a statement without a result', () => network.isSilent());
      stuck.signal('SIGTERM');
      expect(await stuck.end).toMatchObject({ code: 130, stdout: '' });
    } finally {
      await network.close();
    }
  });
});
