import { createPool, inTransaction, type Pool } from '../../../../src/store/connection/pool.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres/database.ts';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

beforeEach(() => {
  pool = createPool({ databaseUrl: database.url, connectionsMax: 3, applicationName: 'test' });
});
afterEach(() => pool.end());

async function backend(): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

it('has requests that come at once wait for one connection', async () => {
  const requests = [backend(), backend(), backend(), backend()];
  expect([pool.totalCount, pool.waitingCount]).toEqual([1, 3]);
  expect(await Promise.all(requests)).not.toContain(0);
});

it('opens another connection where all that there are are held, as many as it may', async () => {
  const pids = await inTransaction(pool, async (outer) => {
    const { rows } = await outer.query<{ pid: number }>('select pg_backend_pid() as pid');
    return await inTransaction(pool, async () => [rows[0]?.pid, await backend()]);
  });
  expect(new Set(pids).size).toBe(2);
  expect(pool.totalCount).toBe(3);
});

it('opens more connections while requests wait for long in all, though each is served', async () => {
  const isGrown = () => pool.totalCount === 3;
  const work = async (): Promise<void> => {
    while (!isGrown()) await pool.query('select pg_sleep(0.005)');
  };
  await Promise.all([work(), work(), work(), work()]);
  expect(isGrown()).toBe(true);
});

it('gives the failure to each request that waits where the server cannot be reached', async () => {
  const away = new URL(database.url);
  away.port = '1';
  const unreachable = createPool({ databaseUrl: away.href, connectionsMax: 3, applicationName: 'test' });
  const requests = [1, 2, 3].map(() => unreachable.query('select'));
  const outcomes = await Promise.allSettled(requests);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await unreachable.end();
});
