import { finishTask } from '../../../../src/store/load/checkpoints.ts';
import { inTransaction } from '../../../../src/store/connection/pool.ts';
import {
  day,
  emptyLedger,
  openStore,
  plantTask,
  type PlantedTask,
  type Store,
  taskRow,
} from '../../../support/stored/ledger.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterEach(() => emptyLedger(store.pool));
afterAll(() => store.close());

const jobId = 42;

async function settle(taskId: number): Promise<void> {
  await store.pool.query(
    `update pipeline.extract_tasks set state = 'done', settled_at = now() where id = $1`,
    [taskId],
  );
}

/** Finishes a task that is settled, and returns the checkpoint. */
async function finish(
  taskId: number,
  { rootId = taskId, requestId = 'last' }: { rootId?: number; requestId?: string | null } = {},
): Promise<Record<string, unknown>> {
  await inTransaction(store.pool, (tx) => finishTask(tx, { taskId, rootId, jobId }, requestId));
  const { rows } = await store.pool.query<Record<string, unknown>>('select * from pipeline.checkpoints');
  return rows[0] ?? {};
}

/** A window of whole days that is completely in. */
async function doneWindow(from: number, to: number, more: PlantedTask = {}): Promise<number> {
  return await plantTask(store.pool, { state: 'done', from: day(from), to: day(to), ...more });
}

describe('a watermark', () => {
  it('is the end of the window that is completely in, with the RequestID of its last page', async () => {
    expect(await finish(await doneWindow(1, 2), { requestId: 'request-9' })).toMatchObject({
      ...{ watermark: day(2), covered_from: day(1), covered_to: day(2), request_id: 'request-9' },
    });
  });

  it('never moves backwards, and keeps its RequestID where there was none', async () => {
    await finish(await doneWindow(1, 9));
    expect(await finish(await doneWindow(0, 2), { requestId: null })).toMatchObject({
      ...{ watermark: day(9), covered_from: day(0), covered_to: day(9), request_id: 'last' },
    });
  });

  it('waits for all parts of a window that was cut', async () => {
    const rootId = await plantTask(store.pool, { state: 'split', from: day(1), to: day(3) });
    const parts = [
      await plantTask(store.pool, { rootId, from: day(1), to: day(2) }),
      await plantTask(store.pool, { rootId, from: day(2), to: day(3) }),
    ];
    const [early = 0, late = 0] = parts;
    const finishPart = async (taskId: number) => {
      await settle(taskId);
      const { watermark } = await finish(taskId, { rootId });
      return { isSettled: (await taskRow(store.pool, rootId))['settled_at'] !== null, watermark };
    };
    expect(await finishPart(late)).toEqual({ isSettled: false, watermark: day(1) });
    expect(await finishPart(early)).toEqual({ isSettled: true, watermark: day(3) });
  });

  it.each(['planned', 'running', 'interrupted', 'parked'])(
    'waits before a window that is %s',
    async (state) => {
      await plantTask(store.pool, { state, from: day(1), to: day(2) });
      const later = await doneWindow(2, 3);
      expect((await finish(later))['watermark']).toEqual(day(1));
    },
  );

  it('passes a hole that a person accepted', async () => {
    const hole = await plantTask(store.pool, { state: 'parked', from: day(1), to: day(2) });
    const later = await doneWindow(2, 3);
    await finish(later);
    await store.pool.query(`update pipeline.extract_tasks set state = 'accepted' where id = $1`, [hole]);
    expect((await finish(hole))['watermark']).toEqual(day(3));
  });

  it.each(['backfill', 'full_reread'] as const)('does not wait for a %s', async (origin) => {
    await plantTask(store.pool, { origin, from: day(0), to: day(2) });
    expect((await finish(await doneWindow(2, 3)))['watermark']).toEqual(day(3));
  });

  it('is one per job and event type', async () => {
    await plantTask(store.pool, { state: 'parked', eventType: 'click', from: day(0), to: day(1) });
    await plantTask(store.pool, { state: 'parked', jobId: 43, from: day(0), to: day(1) });
    expect((await finish(await doneWindow(2, 3)))['watermark']).toEqual(day(3));
  });
});

describe('parts that finish at the same time', () => {
  it('settle their window: the last one sees all the others', async () => {
    for (let round = 0; round < 5; round += 1) {
      const rootId = await plantTask(store.pool, { state: 'split', jobId: 100 + round });
      const ids = await Promise.all(
        [1, 2, 3].map(() => plantTask(store.pool, { rootId, jobId: 100 + round })),
      );
      await Promise.all(
        ids.map((taskId) =>
          inTransaction(store.pool, async (tx) => {
            await tx.query(
              `update pipeline.extract_tasks set state = 'done', settled_at = now() where id = $1`,
              [taskId],
            );
            await finishTask(tx, { taskId, rootId, jobId: 100 + round }, null);
          }),
        ),
      );
      expect((await taskRow(store.pool, rootId))['settled_at']).not.toBeNull();
      const { rows } = await store.pool.query(
        'select watermark from pipeline.checkpoints where job_id = $1',
        [100 + round],
      );
      expect(rows).toEqual([{ watermark: day(2) }]);
    }
  });
});

describe('a full re-read', () => {
  it('counts when all of it is in, and not while a part of it is parked', async () => {
    await finish(await doneWindow(1, 2));
    const read = await plantTask(store.pool, {
      origin: 'full_reread',
      state: 'split',
      from: day(1),
      to: day(3),
    });
    const part = await plantTask(store.pool, { origin: 'full_reread', rootId: read, state: 'parked' });
    await settle(read);
    const fullReadAt = async () => {
      const checkpoint = await finish(part, { rootId: read });
      return checkpoint['full_read_at'];
    };
    expect(await fullReadAt()).toBeNull();
    await settle(part);
    expect(await fullReadAt()).toEqual((await taskRow(store.pool, read))['created_at']);
  });
});

describe('a job', () => {
  async function touch(
    jobId: number,
    last: Date | null,
    triggeredSendId: string | null = null,
  ): Promise<object[]> {
    const id = await plantTask(store.pool, { jobId, state: 'done', eventType: `type${String(last)}` });
    await store.pool.query(
      'update pipeline.extract_tasks set last_event_at = $2, triggered_send_id = $3 where id = $1',
      [...[id, last, triggeredSendId]],
    );
    await finishTask(store.pool, { taskId: id, rootId: id, jobId }, null);
    const { rows } = await store.pool.query<object>(
      'select last_event_at, is_triggered, is_stub from tracking.jobs',
    );
    return rows;
  }

  it('makes a stub of a job first met on an event, and nothing of a window without events', async () => {
    expect(await touch(42, null)).toEqual([]);
    expect(await touch(42, day(2))).toEqual([{ last_event_at: day(2), is_triggered: false, is_stub: true }]);
  });

  it('remembers the latest event and that the job is triggered, whatever comes after', async () => {
    await touch(42, day(3), '0d6f3c1a-3c25-4c5a-9d0e-7b0c2f6e0001');
    expect(await touch(42, day(2))).toMatchObject([{ last_event_at: day(3), is_triggered: true }]);
  });
});
