import {
  findDeadProcesses,
  openProcessSession,
  type ProcessSession,
} from '../../../../src/store/connection/session.ts';
import { releaseForgottenTasks, releaseTasksOf } from '../../../../src/store/ledger/task-rescue.ts';
import { eventually } from '../../../support/clock.ts';
import { openNetwork } from '../../../support/outside/silent-network.ts';
import { emptyLedger, openStore, plantTask, type Store, taskRow } from '../../../support/stored/ledger.ts';
import { endConnectionOf } from '../../../support/stored/process-lock.ts';

const description = { command: 'worker', host: 'test', pid: 1 };
const queueJobId = '7b0c2f6e-3c25-4c5a-9d0e-0d6f3c1a0001';
let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterEach(() => emptyLedger(store.pool));
afterAll(() => store.close());

/** A process that registered a minute ago. */
async function openSession(): Promise<ProcessSession> {
  const session = await openProcessSession(store.url, description);
  await store.pool.query(`update pipeline.processes set started_at = now() - interval '1 minute'`);
  return session;
}

async function kill(session: ProcessSession): Promise<void> {
  await endConnectionOf(store.pool, session.processId);
  await eventually('the connection to be gone', () => session.lost.aborted);
  await eventually('its lock to be free', async () => (await findDeadProcesses(store.pool)).length > 0);
}

describe('a process', () => {
  it('is alive while it is connected, and dead as soon as the connection is lost', async () => {
    const living = await openSession();
    const killed = await openSession();
    expect(await findDeadProcesses(store.pool)).toEqual([]);
    await kill(killed);
    expect(await findDeadProcesses(store.pool)).toEqual([killed.processId]);
    expect(living.lost.aborted).toBe(false);
    await living.end();
  });

  it('that ended its session is not dead', async () => {
    const session = await openSession();
    await session.end();
    expect(await findDeadProcesses(store.pool)).toEqual([]);
    expect(session.lost.aborted).toBe(false);
  });
});

it('a process of another database with the same number lives on', async () => {
  const elsewhere = await openStore();
  try {
    const killed = await openSession();
    await elsewhere.pool.query('select setval(pg_get_serial_sequence($1, $2), $3, false)', [
      ...['pipeline.processes', 'process_id', killed.processId],
    ]);
    const living = await openProcessSession(elsewhere.url, description);
    expect(living.processId).toBe(killed.processId);
    await kill(killed);
    expect(await findDeadProcesses(elsewhere.pool)).toEqual([]);
    await living.end();
    expect(living.lost.aborted).toBe(false);
  } finally {
    await elsewhere.close();
  }
});

describe('a process that was suspended as soon as it had its lock', () => {
  it('loses it after a while: no later statement is needed for that', async () => {
    const network = await openNetwork(store.url);
    network.fallSilentAfter('commit\0');
    const opening = openProcessSession(network.url, description).catch(() => undefined);
    try {
      await eventually('its lock to be free', async () => (await findDeadProcesses(store.pool)).length > 0);
    } finally {
      await network.close();
    }
    expect(await opening).toBeUndefined();
  });
});

describe('a process that ended while its run is open', () => {
  it('is dead: the end of the run could not be written, and no other process would close it', async () => {
    const session = await openSession();
    await store.pool.query(
      `insert into pipeline.runs (kind, account_ids, event_types, process_id) values ('sync', '{1}', '{open}', $1)`,
      [session.processId],
    );
    expect(await findDeadProcesses(store.pool)).toEqual([]);
    await session.end();
    await eventually('its lock to be free', async () => (await findDeadProcesses(store.pool)).length > 0);
    await releaseTasksOf(store.pool, await findDeadProcesses(store.pool));
    const { rows } = await store.pool.query('select state, outcome from pipeline.runs');
    expect(rows).toEqual([{ state: 'finished', outcome: 'interrupted' }]);
    expect(await findDeadProcesses(store.pool)).toEqual([]);
  });
});

describe('the tasks of a dead process', () => {
  it('are released under a new fence, and its run is closed as interrupted', async () => {
    const session = await openSession();
    const { processId } = session;
    const held = await plantTask(store.pool, { state: 'running', processId });
    const done = await plantTask(store.pool, { jobId: 43, state: 'done', processId });
    const foreign = await plantTask(store.pool, { jobId: 44, state: 'running', processId: processId + 1 });
    await store.pool.query('update pipeline.extract_tasks set queue_job_id = $2 where id = $1', [
      held,
      queueJobId,
    ]);
    await store.pool.query(
      `insert into pipeline.runs (kind, account_ids, event_types, process_id) values ('sync', '{1}', '{open}', $1)`,
      [processId],
    );
    await kill(session);

    expect(await releaseTasksOf(store.pool, [processId])).toEqual([queueJobId]);
    expect(await taskRow(store.pool, held)).toMatchObject({ state: 'planned', fence: 1, process_id: null });
    expect(await taskRow(store.pool, done)).toMatchObject({ state: 'done', fence: 0 });
    expect(await taskRow(store.pool, foreign)).toMatchObject({ state: 'running', fence: 0 });
    const { rows } = await store.pool.query('select state, outcome from pipeline.runs');
    expect(rows).toEqual([{ state: 'finished', outcome: 'interrupted' }]);
    expect(await findDeadProcesses(store.pool)).toEqual([]);
  });

  it('are left alone if no process is dead', async () => {
    const held = await plantTask(store.pool, { state: 'running', processId: 5 });
    expect(await releaseTasksOf(store.pool, [])).toEqual([]);
    expect(await taskRow(store.pool, held)).toMatchObject({ state: 'running' });
  });
});

describe('a task that the ledger records as running in a live process', () => {
  it('is released if the process does not know it', async () => {
    const known = await plantTask(store.pool, { state: 'running', processId: 5 });
    const forgotten = await plantTask(store.pool, { jobId: 43, state: 'running', processId: 5 });
    const other = queueJobId.replace(/1$/u, '2');
    await store.pool.query(
      `update pipeline.extract_tasks set queue_job_id = case when id = $1 then $2::uuid else $3::uuid end`,
      [known, queueJobId, other],
    );
    expect(await releaseForgottenTasks(store.pool, 5, (id) => id === queueJobId)).toEqual([other]);
    expect(await taskRow(store.pool, known)).toMatchObject({ state: 'running', fence: 0 });
    expect(await taskRow(store.pool, forgotten)).toMatchObject({ state: 'planned', fence: 1 });
  });
});
