import { startSimulator } from '../../../../simulator/http/server.ts';
import { openCheckedPool } from '../../../../src/store/connection/server-check.ts';
import { quickSettings, runCli, summaryOf } from '../../../support/program/cli.ts';
import { createEmptyDatabase, type TestDatabase } from '../../../support/postgres/database.ts';
import { type Pooler, startPgbouncer } from '../../../support/postgres/pgbouncer.ts';
import { listSend, worldOf } from '../../../support/simulator.ts';
import { findSystemProgram } from '../../../support/outside/system-program.ts';

const pgbouncer = findSystemProgram('pgbouncer');
const describeWithPgbouncer = pgbouncer === undefined ? describe.skip : describe;

let database: TestDatabase;
let pooler: Pooler;

async function open(poolMode: 'session' | 'transaction'): Promise<void> {
  database = await createEmptyDatabase();
  pooler = await startPgbouncer(pgbouncer ?? '', database.url, poolMode);
}

describeWithPgbouncer('PgBouncer as it is packaged', () => {
  afterEach(async () => {
    await pooler.stop();
    await database.drop();
  });

  it('works in session mode: migrate and sync run through it', async () => {
    await open('session');
    const world = worldOf([listSend(101, { counts: { sent: 40, open: 30, click: 10 } })]);
    const simulator = await startSimulator({ world });
    const env = {
      ...quickSettings,
      ...simulator.environment(),
      DATABASE_URL: pooler.urlOf(database.url),
    };
    try {
      const migrate = await runCli(['migrate'], env);
      expect(`${migrate.code ?? ''} ${migrate.stderr}`).toBe('0 ');
      const sync = await runCli(['sync', '--json'], env);
      expect(sync.code).toBe(0);
      expect(summaryOf(sync).events['open']).toMatchObject({ inserted: 30 });
    } finally {
      await simulator.stop();
    }
  });

  it('is refused in transaction mode with one line, before anything changes', async () => {
    await open('transaction');
    const end = await runCli(['migrate'], { DATABASE_URL: pooler.urlOf(database.url) });
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toMatch(/^sfmc-tracking: DATABASE_URL: .*transaction mode.*session mode\n$/u);
  });

  it('says what to leave out where it refuses a start-up option of the URL', async () => {
    await open('session');
    const url = `${pooler.urlOf(database.url)}?options=-c%20work_mem%3D8MB`;
    const options = { databaseUrl: url, connectionsMax: 1, applicationName: 'test' };
    await expect(openCheckedPool(options)).rejects.toMatchObject({
      message: 'Postgres refused the connection: unsupported startup parameter: options',
      context: { advice: 'this pooler refuses start-up options: leave options=… out, and PGOPTIONS unset' },
    });
  });
});

it('accepts a direct connection', async () => {
  database = await createEmptyDatabase();
  const options = { databaseUrl: database.url, connectionsMax: 1, applicationName: 'test' };
  const pool = await openCheckedPool(options);
  await pool.end();
  await database.drop();
});
