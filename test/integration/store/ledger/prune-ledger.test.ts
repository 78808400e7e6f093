import { pruneLedger } from '../../../../src/store/ledger/prune-ledger.ts';
import { dayMs } from '../../../support/clock.ts';
import { openStore, plantTask, type PlantedTask, type Store } from '../../../support/stored/ledger.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
beforeEach(() =>
  store.pool.query(
    'truncate pipeline.extract_tasks, pipeline.runs, pipeline.processes, pipeline.rejected_records',
  ),
);
afterAll(() => store.close());

const prune = () =>
  pruneLedger(store.pool, { olderThanMs: 90 * dayMs, signal: new AbortController().signal });

async function plant(task: PlantedTask, { daysAgo, records = 5 }: { daysAgo: number; records?: number }) {
  const id = await plantTask(store.pool, task);
  await store.pool.query(
    `update pipeline.extract_tasks set records = $2, inserted = $2, settled_at = case when state in ('done', 'split', 'parked', 'accepted')
       then now() - make_interval(days => $3) end where id = $1`,
    [id, records, daysAgo],
  );
  return id;
}

async function idsIn(table: string, column: string): Promise<number[]> {
  const { rows } = await store.pool.query<{ id: number }>(
    `select ${column}::bigint as id from pipeline.${table} order by 1`,
  );
  return rows.map(({ id }) => id);
}
const taskIds = () => idsIn('extract_tasks', 'id');

async function plantRun(
  runId: number,
  daysAgo: number,
  changes: { outcome?: string; processId?: number } = {},
) {
  await store.pool.query(
    `insert into pipeline.runs (run_id, kind, account_ids, event_types, process_id, state, outcome, started_at, finished_at)
     overriding system value
     values ($1, 'sync', '{1}', '{open}', $4, $5, $2, now() - make_interval(days => $3),
             case when $5 = 'finished' then now() - make_interval(days => $3) end)`,
    [
      runId,
      changes.outcome ?? null,
      daysAgo,
      changes.processId ?? 1,
      changes.outcome === undefined ? 'running' : 'finished',
    ],
  );
}

describe('pruneLedger', () => {
  it('deletes windows that settled before, and keeps younger ones', async () => {
    await plant({ jobId: 1, state: 'done' }, { daysAgo: 91 });
    const young = await plant({ jobId: 2, state: 'done' }, { daysAgo: 89 });
    expect(await prune()).toMatchObject({ tasks: 1 });
    expect(await taskIds()).toEqual([young]);
  });

  it('deletes a window that brought only known events after a day, and keeps one that rejected a record', async () => {
    const known = await plant({ jobId: 1, state: 'done' }, { daysAgo: 2 });
    const rejected = await plant({ jobId: 2, state: 'done' }, { daysAgo: 2 });
    await store.pool.query('update pipeline.extract_tasks set inserted = 0, rejected = (id = $1)::int', [
      rejected,
    ]);
    await prune();
    expect(await taskIds()).toEqual([rejected]);
    expect(known).not.toBe(rejected);
  });

  it('deletes a window that brought nothing after a day', async () => {
    await plant({ jobId: 1, state: 'done' }, { daysAgo: 2, records: 0 });
    const today = await plant({ jobId: 2, state: 'done' }, { daysAgo: 0, records: 0 });
    await prune();
    expect(await taskIds()).toEqual([today]);
  });

  it.each(['planned', 'running', 'interrupted', 'parked', 'accepted'])(
    'keeps a window of which a part is %s, with all its parts',
    async (state) => {
      const rootId = await plant({ jobId: 1, state: 'split' }, { daysAgo: 400 });
      const done = await plant({ jobId: 1, state: 'done', rootId }, { daysAgo: 400 });
      const other = await plant({ jobId: 1, state, rootId }, { daysAgo: 400 });
      expect(await prune()).toMatchObject({ tasks: 0 });
      expect(await taskIds()).toEqual([rootId, done, other]);
    },
  );

  it('deletes a window that was split when all its parts are done', async () => {
    const rootId = await plant({ jobId: 1, state: 'split' }, { daysAgo: 400 });
    await plant({ jobId: 1, state: 'done', rootId }, { daysAgo: 400 });
    expect(await prune()).toMatchObject({ tasks: 2 });
  });

  it('keeps the windows of a run that has not ended, since its counts come from them', async () => {
    await plantRun(5, 400);
    const id = await plant({ jobId: 1, state: 'done', runId: 5 }, { daysAgo: 400 });
    expect(await prune()).toMatchObject({ tasks: 0, runs: 0 });
    expect(await taskIds()).toEqual([id]);
  });

  it('keeps the last completed run of each kind, and runs that a window names', async () => {
    await plantRun(1, 300, { outcome: 'completed' });
    await plantRun(2, 200, { outcome: 'completed' });
    await plantRun(3, 190, { outcome: 'halted' });
    await plantRun(4, 180, { outcome: 'interrupted' });
    await plantRun(5, 10, { outcome: 'halted' });
    await plant({ jobId: 1, state: 'parked', runId: 4 }, { daysAgo: 180 });
    expect(await prune()).toMatchObject({ runs: 2 });
    expect(await idsIn('runs', 'run_id')).toEqual([2, 4, 5]);
  });

  it('deletes processes that ended, unless a run names them', async () => {
    await store.pool.query(
      `insert into pipeline.processes (process_id, command, host, pid, ended_at) overriding system value
       select id, 'sync', 'host', 1, case when id < 4 then now() - make_interval(days => 100 - 50 * (id / 3)) end
       from generate_series(1, 4) as id`,
    );
    await plantRun(7, 100, { outcome: 'completed', processId: 2 });
    expect(await prune()).toMatchObject({ processes: 1 });
    expect(await idsIn('processes', 'process_id')).toEqual([2, 3, 4]);
  });

  it('deletes rejected records that were dismissed, and none that is unread', async () => {
    await store.pool.query(
      `insert into pipeline.rejected_records (account_id, event_type, reason, record, record_digest, first_seen_at, dismissed_at)
       select 1, 'open', 'date', 'record ' || days, decode(md5(days::text), 'hex'), now() - interval '400 days',
              case when days > 0 then now() - make_interval(days => days) end
       from unnest(array[0, 10, 100]) as days`,
    );
    expect(await prune()).toMatchObject({ rejected: 1 });
    expect(await idsIn('rejected_records', `substr(record, 8)`)).toEqual([0, 10]);
  });
});
