import { type ListedTask, readAllTasks } from '../../../../src/store/ledger/task-list.ts';
import { openStore, type Store } from '../../../support/stored/ledger.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
  await store.pool.query(
    `insert into pipeline.extract_tasks
       (root_id, origin, account_id, job_id, event_type, window_from, window_to, state, settled_at, parked_at)
     select at, 'sync', 7, at, 'open', '2026-07-01', '2026-07-02',
            case when at % 2 = 0 then 'parked' else 'planned' end,
            case when at % 2 = 0 then now() end, case when at % 2 = 0 then now() end
     from generate_series(1, 5000) as at`,
  );
});
afterAll(() => store.close());

describe('all open and parked tasks', () => {
  it.each([
    ['open and parked', false, 5000],
    ['parked', true, 2500],
  ])('are read in parts, in order: %s', async (_, parkedOnly, expected) => {
    const parts: (readonly ListedTask[])[] = [];
    const count = await readAllTasks(store.pool, parkedOnly, (tasks) => {
      parts.push(tasks);
      return Promise.resolve();
    });
    const ids = parts.flat().map(({ id }) => id);
    expect([count, new Set(ids).size]).toEqual([expected, expected]);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(parts.length).toBeGreaterThan(1);
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(1000);
  });
});
