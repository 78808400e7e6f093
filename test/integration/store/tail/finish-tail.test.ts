import { inTransaction } from '../../../../src/store/connection/pool.ts';
import { pruneLedger } from '../../../../src/store/ledger/prune-ledger.ts';
import { finishTail } from '../../../../src/store/tail/finish-tail.ts';
import { switchOffTail } from '../../../../src/store/tail/switch-off.ts';
import { day, emptyLedger, openStore, plantTask, type Store } from '../../../support/stored/ledger.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  await emptyLedger(store.pool);
  await store.pool.query(
    `truncate tracking.jobs, pipeline.tails, pipeline.tail_failures, pipeline.accounts;
     insert into pipeline.accounts (account_id) values (1)`,
  );
});

interface Window {
  readonly rung?: number;
  readonly belowJobId?: number;
  readonly jobIds?: string;
  readonly state?: string;
  readonly rootId?: number;
}

/** A window of the tail from day 10 to day 12 that has just been read to its end. */
async function plantTail({
  rung = 2,
  belowJobId,
  jobIds,
  state = 'done',
  rootId,
}: Window = {}): Promise<number> {
  const { rows } = await store.pool.query<{ id: number }>(
    `with numbered as (select nextval(pg_get_serial_sequence('pipeline.extract_tasks', 'id')) as id)
     insert into pipeline.extract_tasks
       (id, root_id, parent_id, kind, origin, account_id, event_type, window_from, window_to, state, rung, below_job_id,
        job_ids, settled_at)
     overriding system value
     select id, coalesce($1::bigint, id), $1::bigint, 'tail', 'sync', 1, 'open', $2, $3, $4, $5, $6, $7,
            case when $4 <> 'split' then now() end
     from numbered returning id`,
    [rootId ?? null, day(10), day(12), state, rung, belowJobId ?? null, jobIds ?? null],
  );
  return rows[0]?.id ?? 0;
}

async function plantMark(jobId: number, coveredTo: Date, state = 'open'): Promise<void> {
  await store.pool.query(
    `insert into pipeline.checkpoints (account_id, job_id, event_type, state, watermark, covered_from, covered_to, asked_at)
     values (1, $1, 'open', $3, $2, $4, $2, $2)`,
    [jobId, coveredTo, state, day(0)],
  );
}

const finish = (taskId: number, rootId = taskId) =>
  inTransaction(store.pool, (tx) => finishTail(tx, { taskId, rootId }));

/** Jobs whose checkpoint has moved to the end of the window, and from where. */
async function moved(): Promise<Record<string, Date>> {
  const { rows } = await store.pool.query<{ job_id: number; tail_from: Date }>(
    'select job_id, tail_from from pipeline.checkpoints where covered_to = $1 and watermark = $1 and tail_from < $1',
    [day(12)],
  );
  return Object.fromEntries(rows.map(({ job_id: jobId, tail_from: from }) => [jobId, from]));
}

const coveredTo = async () =>
  (await store.pool.query<{ covered_to: Date }>('select covered_to from pipeline.tails')).rows.map(
    (row) => row.covered_to,
  );

describe('a window of the tail that is completely in', () => {
  it('moves the checkpoints that had been read to its beginning or further, and no other', async () => {
    await plantMark(1, day(10));
    await plantMark(2, day(11), 'closed');
    await plantMark(3, day(9));
    await plantMark(4, day(13));
    await plantMark(5, day(11), 'complete');
    await finish(await plantTail());

    expect(await moved()).toEqual({ 1: day(10), 2: day(11) });
    expect(await coveredTo()).toEqual([day(12)]);
  });

  it.each([
    { name: 'below its bound', window: { rung: 1, belowJobId: 2 }, jobs: ['1'] },
    { name: 'of its list', window: { rung: 3, jobIds: '{2,3}' }, jobs: ['2', '3'] },
  ])('moves only jobs $name', async ({ window, jobs }) => {
    for (const jobId of [1, 2, 3]) await plantMark(jobId, day(11));
    await finish(await plantTail(window));

    expect(Object.keys(await moved())).toEqual(jobs);
  });

  it('moves no job that has a window of its own open or parked', async () => {
    for (const jobId of [1, 2, 3]) await plantMark(jobId, day(11));
    await plantTask(store.pool, { jobId: 1, state: 'running' });
    await plantTask(store.pool, { jobId: 2, state: 'parked' });
    await finish(await plantTail());

    expect(Object.keys(await moved())).toEqual(['3']);
  });

  it('leaves an open job that is young to its own windows, planned yet or not', async () => {
    for (const jobId of [1, 2, 3]) await plantMark(jobId, day(11), jobId === 2 ? 'closed' : 'open');
    await store.pool.query(
      `insert into tracking.jobs (account_id, job_id, sent_at)
       values (1, 1, now() - interval '6 days'), (1, 2, now() - interval '6 days'), (1, 3, now() - interval '8 days')`,
    );
    await finish(await plantTail());

    expect(Object.keys(await moved())).toEqual(['2', '3']);
  });

  it('keeps from where the tail went on, over several nights', async () => {
    await plantMark(1, day(11));
    await store.pool.query('update pipeline.checkpoints set tail_from = $1', [day(5)]);
    await finish(await plantTail());

    expect(await moved()).toEqual({ 1: day(5) });
  });
});

describe('a window of the tail', () => {
  it.each(['parked', 'skipped', 'planned'])('moves nothing while a part of it is %s', async (state) => {
    await plantMark(1, day(11));
    const rootId = await plantTail({ state: 'split' });
    const taskId = await plantTail({ rootId });
    const other = await plantTail({ rootId, state });
    if (state === 'planned')
      await store.pool.query('update pipeline.extract_tasks set settled_at = null where id = $1', [other]);
    await finish(taskId, rootId);

    expect(await moved()).toEqual({});
    expect(await coveredTo()).toEqual([]);
  });

  it('moves once its last part is in, or was accepted as a hole', async () => {
    await plantMark(1, day(11));
    const rootId = await plantTail({ state: 'split' });
    await plantTail({ rootId, state: 'accepted' });
    await finish(await plantTail({ rootId }), rootId);

    expect(await moved()).toEqual({ 1: day(11) });
  });

  it('moves nothing that was planned before the tail was switched off', async () => {
    await plantMark(1, day(11));
    const taskId = await plantTail();
    await inTransaction(store.pool, (tx) =>
      switchOffTail(tx, { accountId: 1, jobId: 7, eventType: 'open' }, 2),
    );
    await finish(taskId);

    expect(await moved()).toEqual({});
  });
});

it('switching the tail off sets checkpoints back to where reading by JobID had ended, and they are due', async () => {
  await plantMark(1, day(11));
  await plantMark(2, day(12));
  await finish(await plantTail());
  await inTransaction(store.pool, (tx) =>
    switchOffTail(tx, { accountId: 1, jobId: 7, eventType: 'open' }, 2),
  );

  const { rows } = await store.pool.query(
    'select job_id, covered_to, watermark, tail_from, asked_at is null as is_due from pipeline.checkpoints order by job_id',
  );
  expect(rows).toEqual([
    { job_id: 1, covered_to: day(11), watermark: day(11), tail_from: null, is_due: true },
    { job_id: 2, covered_to: day(12), watermark: day(12), tail_from: null, is_due: false },
  ]);
  expect(await coveredTo()).toEqual([]);
});

it('a window of the tail that was given up leaves the ledger like one that was read', async () => {
  const given = await plantTail({ state: 'skipped' });
  await store.pool.query(
    `update pipeline.extract_tasks set settled_at = now() - interval '100 days', records = 3 where id = $1`,
    [given],
  );
  const { tasks } = await pruneLedger(store.pool, {
    olderThanMs: 90 * 24 * 60 * 60 * 1000,
    signal: new AbortController().signal,
  });

  expect(tasks).toBe(1);
});
