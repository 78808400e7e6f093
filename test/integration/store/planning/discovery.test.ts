import { openAccount } from '../../../../src/store/accounts.ts';
import {
  finishReading,
  hasOpenReadings,
  isRefusedReadingOpen,
  readDiscoveryFacts,
} from '../../../../src/store/planning/discovery.ts';
import { acceptParkedTasks } from '../../../../src/store/ledger/parked-tasks.ts';
import {
  day,
  emptyLedger,
  openStore,
  type PlantedTask,
  plantTask,
  type Store,
} from '../../../support/stored/ledger.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
beforeEach(() => openAccount(store.pool, 1, false));
afterEach(async () => {
  await emptyLedger(store.pool);
  await store.pool.query('truncate pipeline.accounts');
});
afterAll(() => store.close());

const plant = (task: PlantedTask = {}) => plantTask(store.pool, { dimension: 'job', ...task });

/** A reading of jobs that was planned on a day. */
async function plantOn(createdAt: Date, task: PlantedTask = {}): Promise<number> {
  const id = await plant(task);
  await store.pool.query('update pipeline.extract_tasks set created_at = $2 where id = $1', [id, createdAt]);
  return id;
}

/** As if the last page of the reading had been committed. */
const finish = (taskId: number, rootId = taskId) => finishReading(store.pool, { taskId, rootId });

async function mark(): Promise<Date | null> {
  return (await readDiscoveryFacts(store.pool, 1)).jobsDiscoveredUntil;
}

describe('the discovery mark', () => {
  it('moves to the instant at which the completed window was planned, and never backwards', async () => {
    await finish(await plantOn(day(3), { state: 'done' }));
    expect(await mark()).toEqual(day(3));
    await finish(await plantOn(day(2), { state: 'done' }));
    expect(await mark()).toEqual(day(3));
  });

  it.each<{ name: string; task: PlantedTask }>([
    { name: 'another part of the window is open', task: { state: 'planned' } },
    { name: 'another part of the window is parked', task: { state: 'parked' } },
  ])('stays while $name', async ({ task }) => {
    const rootId = await plantOn(day(3), { state: 'split' });
    await plant({ rootId, ...task });
    await store.pool.query('update pipeline.extract_tasks set settled_at = now() where id = $1', [rootId]);
    await finish(rootId);
    expect(await mark()).toBeNull();
  });

  it('stays while a window of an earlier discovery is parked, and moves when a person accepts it', async () => {
    const parked = await plantOn(day(2), { state: 'parked' });
    await finish(await plantOn(day(3), { state: 'done' }));
    expect(await mark()).toBeNull();
    await acceptParkedTasks(store.pool, [parked], { by: 'Ann', reason: 'the Sends of May are not needed' });
    expect(await mark()).toEqual(day(2));
  });

  it.each<{ name: string; task: PlantedTask }>([
    { name: 'counters that are read by JobID', task: { jobIds: [7] } },
    { name: 'a window of another account', task: { accountId: 2 } },
  ])('takes no notice of $name', async ({ task }) => {
    await plant({ state: 'parked', ...task });
    await finish(await plantOn(day(3), { state: 'done' }));
    expect(await mark()).toEqual(day(3));
    const other = await plantOn(day(5), { state: 'done', ...task });
    await finish(other);
    expect(await mark()).toEqual(day(3));
  });
});

describe('the facts of a discovery', () => {
  it('name what is parked, and what a person accepted', async () => {
    await plant({ state: 'parked' });
    await plant({ state: 'parked', jobIds: [7, 8] });
    await plant({ state: 'parked', accountId: 2 });
    await plant({ dimension: 'triggered_send', jobIds: null, state: 'accepted' });
    await plantTask(store.pool, { state: 'parked' });
    const { parked, accepted } = await readDiscoveryFacts(store.pool, 1);
    expect(parked).toMatchObject([
      { dimension: 'job', window: { from: day(1), to: day(2) }, jobIds: null },
      { dimension: 'job', window: null, jobIds: [7, 8] },
    ]);
    expect(accepted).toMatchObject([{ dimension: 'triggered_send', window: null, jobIds: null }]);
  });

  it('name when each dimension was last read: the instant at which its latest reading began', async () => {
    const begun = async (startedAt: Date, task: PlantedTask) => {
      const id = await plant(task);
      await store.pool.query('update pipeline.extract_tasks set started_at = $2 where id = $1', [
        id,
        startedAt,
      ]);
      await finish(id);
    };
    const of = async (jobId: number) => {
      const { rows } = await store.pool.query<{ read_at: Date }>(
        'select read_at from pipeline.dimension_readings where account_id = 1 and job_id = $1',
        [jobId],
      );
      return rows.map((row) => row.read_at);
    };
    await begun(day(4), { dimension: 'link', jobIds: [7, 8], state: 'done' });
    await begun(day(3), { dimension: 'link', jobIds: [8, 9], state: 'done' });
    await begun(day(6), { dimension: 'link', jobIds: [8], state: 'parked' });
    await begun(day(5), { dimension: 'business_unit', jobIds: null, state: 'done' });
    const { readAt } = await readDiscoveryFacts(store.pool, 1);
    expect(readAt).toEqual(
      new Map([
        ['link', day(4)],
        ['business_unit', day(5)],
      ]),
    );
    expect(await Promise.all([7, 8, 9].map(of))).toEqual([[day(4)], [day(4)], [day(3)]]);
  });
});

describe('an account has open readings', () => {
  it.each<{ name: string; task: PlantedTask; isOpen: boolean }>([
    { name: 'while a task is planned', task: {}, isOpen: true },
    { name: 'while a task of another run is running', task: { runId: 9, state: 'running' }, isOpen: true },
    { name: 'not when all is settled', task: { state: 'done' }, isOpen: false },
    { name: 'not when the rest is parked', task: { state: 'parked' }, isOpen: false },
    { name: 'not by a window whose parts are settled', task: { state: 'split' }, isOpen: false },
    { name: 'not by those of another account', task: { accountId: 2 }, isOpen: false },
    { name: 'not by those of another dimension', task: { dimension: 'link' }, isOpen: false },
  ])('$name', async ({ task, isOpen }) => {
    await plant(task);
    expect(await hasOpenReadings(store.pool, 1, ['job', 'triggered_send'])).toBe(isOpen);
  });
});

describe('a run attempts a refused reading again', () => {
  it.each<{ name: string; task: PlantedTask; code: string | null; isOpen: boolean }>([
    { name: 'while it is planned', task: {}, code: 'REQUEST_INVALID', isOpen: true },
    { name: 'while it is running', task: { state: 'running' }, code: 'REQUEST_INVALID', isOpen: true },
    {
      name: 'not when it is parked again',
      task: { state: 'parked' },
      code: 'REQUEST_INVALID',
      isOpen: false,
    },
    { name: 'not when it is done', task: { state: 'done' }, code: 'REQUEST_INVALID', isOpen: false },
    { name: 'not where it had failed otherwise', task: {}, code: 'RETRIEVE_TIMED_OUT', isOpen: false },
    { name: 'not where it had not failed', task: {}, code: null, isOpen: false },
    { name: 'not by that of another run', task: { runId: 9 }, code: 'REQUEST_INVALID', isOpen: false },
  ])('$name', async ({ task, code, isOpen }) => {
    const taskId = await plant({ dimension: 'list', runId: 7, ...task });
    await store.pool.query('update pipeline.extract_tasks set error_code = $2 where id = $1', [taskId, code]);
    expect(await isRefusedReadingOpen(store.pool, { accountId: 1, runId: 7 })).toBe(isOpen);
  });
});
