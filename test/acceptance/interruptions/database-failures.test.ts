import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { startSimulator } from '../../../simulator/http/server.ts';
import { createPool } from '../../../src/store/connection/pool.ts';
import { type CliEnd, quickSettings, runCli, startCli, summaryOf } from '../../support/program/cli.ts';
import { eventually } from '../../support/clock.ts';
import { startOwnServer } from '../../support/postgres/own-server.ts';
import { listSend, openStage, type Stage, untilHeld, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';
import { expectNoWatermarkPastAHole } from '../../support/stored/watermarks.ts';

const counts = { sent: 60, open: 45, click: 20 };
const world = worldOf(Array.from({ length: 4 }, (_, at) => listSend(700 + at, { counts })));
const slowPages = { latencyMs: 20, pageSizeMax: 10 };
/** Retrieves after which the database fails: in mid-run. */
const retrieves = 20;

/** A person reads lines of the log and no stack. */
function expectNoStack({ stderr }: CliEnd): void {
  expect(stderr).not.toMatch(/^\s+at |\\n\s+at |bug in sfmc-tracking/mu);
}

async function expectExact(pool: Stage['pool']): Promise<void> {
  await expectTablesEqualTruth(pool, world);
  await expectNoWatermarkPastAHole(pool, world);
  const { rows } = await pool.query(
    `select state from pipeline.extract_tasks where settled_at is null or state = 'parked'`,
  );
  expect(rows).toEqual([]);
}

/** Ends connections of the product, as a restart or a failing network does; returns their number. */
async function cutConnections(databaseUrl: string, which = 'true'): Promise<number> {
  return await asAdmin(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = '${nameOf(databaseUrl)}' and application_name like 'sfmc-tracking%' and (${which})`,
  );
}

/** Runs a statement in another database and returns the number of its rows. */
async function asAdmin(statement: string): Promise<number> {
  const admin = new Client({ connectionString: process.env['SFMC_TRACKING_TEST_ADMIN_URL'] });
  await admin.connect();
  const { rowCount } = await admin.query(statement).finally(() => admin.end());
  return rowCount ?? 0;
}

function nameOf(databaseUrl: string): string {
  return new URL(databaseUrl).pathname.slice(1);
}

describe('a Postgres that is stopped at once and started again in mid-run', () => {
  it('is waited for by the same sync, which ends exact', async () => {
    const server = await startOwnServer();
    const simulator = await startSimulator({ world, ...slowPages });
    const env = { ...quickSettings, ...simulator.environment(), DATABASE_URL: server.url };
    expect((await runCli(['migrate'], env)).code).toBe(0);
    const pool = createPool({ databaseUrl: server.url, connectionsMax: 2, applicationName: 'test' });
    try {
      const hold = simulator.holdAfter(retrieves);
      const sync = startCli(['sync', '--json'], env);
      await untilHeld(hold, sync);
      await server.stopImmediately();
      hold.release();
      await sleep(1500);
      await server.start();
      const end = await sync.end;

      expectNoStack(end);
      expect({ code: end.code, outcome: summaryOf(end).outcome }).toEqual({ code: 0, outcome: 'completed' });
      await expectExact(pool);
    } finally {
      await pool.end();
      await simulator.stop();
      await server.remove();
    }
  });
});

describe('a sync whose database fails', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(world, slowPages);
  });
  afterEach(() => stage.close());

  it('goes on when its connections are cut in mid-transaction, again and again', async () => {
    const { pool, env, databaseUrl } = stage;
    await pool.query(`
      create function public.linger() returns trigger language plpgsql as 'begin perform pg_sleep(0.2); return null; end';
      create trigger linger after insert on pipeline.checkpoints for each statement execute function public.linger()`);
    const sync = startCli(['sync', '--json'], env);
    for (let cuts = 0; cuts < 3; cuts += 1) {
      await eventually('a transaction in its midst', async () => {
        return (await cutConnections(databaseUrl, `wait_event = 'PgSleep'`)) > 0;
      });
      await cutConnections(databaseUrl);
    }
    await pool.query('drop trigger linger on pipeline.checkpoints');
    const end = await sync.end;

    expectNoStack(end);
    expect(end.code).toBe(0);
    await expectExact(pool);
  });

  it.each([
    ['with every connection lost', 'true'],
    [
      'with the one kept that holds its locks',
      'not exists (select from pg_locks where pg_locks.pid = pg_stat_activity.pid and locktype = $$advisory$$)',
    ],
  ])('goes on when no connection can be had for some seconds, %s', async (_which, condition) => {
    const { pool, env, databaseUrl } = stage;
    const name = nameOf(databaseUrl);
    const hold = stage.simulator.holdAfter(retrieves);
    const sync = startCli(['sync', '--json'], env);
    await untilHeld(hold, sync);
    await asAdmin(`alter database ${name} allow_connections false`);
    await cutConnections(databaseUrl, condition);
    hold.release();
    await sleep(2500);
    await asAdmin(`alter database ${name} allow_connections true`);
    const end = await sync.end;

    expectNoStack(end);
    expect(end.code).toBe(0);
    await expectExact(pool);
  });

  it('opens its run when the database is back, since a tick that fails is not served until the next one', async () => {
    const { pool, env } = stage;
    // A sequence counts also what is rolled back.
    await pool.query(`
      create sequence public.refusals;
      create function public.refuse_twice() returns trigger language plpgsql as $$
        begin
          if nextval('public.refusals') <= 2 then raise sqlstate '57P01'; end if;
          return new;
        end $$;
      create trigger refuse_twice before insert on pipeline.runs for each row execute function public.refuse_twice()`);
    const end = await runCli(['sync', '--json'], env);

    expect({ code: end.code, stderr: end.stderr }).toEqual({ code: 0, stderr: '' });
    await expectExact(pool);
  });

  describe('because its disk is full', () => {
    beforeEach(async () => {
      await stage.pool.query(`
        create table public.disk as select true as is_full;
        create function public.need_space() returns trigger language plpgsql as $$
          begin
            if (select is_full from public.disk) then
              raise sqlstate '53100' using message = 'could not extend file: No space left on device';
            end if;
            return null;
          end $$;
        create trigger need_space before insert on tracking.open_events
          for each statement execute function public.need_space()`);
    });

    it('goes on once there is space', async () => {
      const { pool, env } = stage;
      const sync = startCli(['sync', '--json'], { ...env, RETRY_BASE_MS: '100' });
      await eventually('a refused page', async () => {
        const { rows } = await pool.query(
          `select from pipeline.extract_tasks where error_code = 'STORE_UNAVAILABLE'`,
        );
        return rows.length > 0;
      });
      await pool.query('update public.disk set is_full = false');
      const end = await sync.end;

      expectNoStack(end);
      expect(end.code).toBe(0);
      await expectExact(pool);
    });

    it('parks what finds no space for long, loads the rest, and the next sync completes it', async () => {
      const { pool, env } = stage;
      const full = await runCli(['sync', '--json'], { ...env, RETRY_BASE_MS: '1' });

      expectNoStack(full);
      expect(full.code).toBe(1);
      expect(summaryOf(full).tasks.parked).toBe(world.jobs().length);
      await expectNoWatermarkPastAHole(pool, world);
      await expectTablesEqualTruth(pool, world, { types: ['sent', 'click'] });

      await pool.query('update public.disk set is_full = false');
      expect((await runCli(['sync', '--json'], env)).code).toBe(0);
      await expectExact(pool);
    });
  });
});
