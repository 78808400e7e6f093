import { createServer, connect, type Server, type Socket } from 'node:net';
import { createPool, inTransaction } from '../../../../src/store/connection/pool.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres/database.ts';

let database: TestDatabase;
let network: Server;
let url: URL;
/** Sessions that are cut while their settings are made. */
let cutsLeft = 0;

/** Between program and Postgres: resets a connection at once when its first statement arrives. */
function relay(socket: Socket): void {
  const { hostname, port } = new URL(database.url);
  const postgres = connect(Number(port), hostname);
  socket.on('data', (bytes) => {
    if (cutsLeft > 0 && bytes.includes('search_path')) {
      cutsLeft -= 1;
      socket.resetAndDestroy();
      postgres.destroy();
    } else {
      postgres.write(bytes);
    }
  });
  postgres.on('data', (bytes) => socket.write(bytes));
  for (const side of [socket, postgres]) side.on('error', () => undefined);
  socket.on('close', () => postgres.destroy());
  postgres.on('close', () => socket.destroy());
}

beforeAll(async () => {
  database = await createTestDatabase();
  network = createServer(relay);
  await new Promise<void>((resolve) => network.listen(0, '127.0.0.1', resolve));
  const address = network.address();
  url = new URL(database.url);
  url.port = String(typeof address === 'object' && address !== null ? address.port : 0);
});
afterAll(async () => {
  await new Promise((resolve) => network.close(resolve));
  await database.drop();
});

describe('a connection that is reset while its session is set up', () => {
  it('fails the caller and not the process, and the next one is made anew', async () => {
    const crashes: unknown[] = [];
    const note = (error: unknown) => crashes.push(error);
    process.on('uncaughtException', note);
    const pool = createPool({ databaseUrl: url.href, connectionsMax: 1, applicationName: 'test' });
    try {
      cutsLeft = 2;
      await expect(pool.query('select 1')).rejects.toThrow();
      await expect(pool.connect()).rejects.toThrow();
      expect((await pool.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }]);
      expect(crashes).toEqual([]);
    } finally {
      process.off('uncaughtException', note);
      await pool.end();
    }
  });
});

/** Nothing else runs in this process meanwhile, as if it were suspended. */
function suspend(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('a transaction that the server ends because its process was suspended', () => {
  it('fails like one whose connection was lost: it is tried again', async () => {
    const pool = createPool({ databaseUrl: database.url, connectionsMax: 1, applicationName: 'test' });
    try {
      const suspended = inTransaction(pool, async (tx) => {
        await tx.query('set local idle_in_transaction_session_timeout = 1');
        for (;;) {
          suspend(100);
          await tx.query('select');
        }
      });
      await expect(suspended).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect((await pool.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }]);
    } finally {
      await pool.end();
    }
  });
});
