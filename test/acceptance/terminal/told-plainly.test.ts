import { DatabaseError } from 'pg';
import { beginCli, runCli, startCli, summaryOf } from '../../support/program/cli.ts';
import { ago, dayMs, eventually, hourMs } from '../../support/clock.ts';
import { accountId, eventOf, listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { countRows } from '../../support/stored/truth.ts';

const job = listSend(500, { counts: { sent: 30, open: 20, click: 10 } });
let stage: Stage;
async function open(): Promise<void> {
  stage = await openStage(worldOf([job]));
}
afterEach(() => stage.close());

function dateOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}

describe('a run that has nothing to read says so', () => {
  beforeEach(open);

  it('for a job that does not exist, with exit code 1', async () => {
    const end = await runCli(['sync', '--jobs', '500,999'], stage.env);
    expect(end.code).toBe(1);
    expect(end.stdout).toContain('--jobs: job 999 is not known in account 7000001');
    expect(end.stdout).not.toContain('job 500 ');
    const json = await runCli(
      ['backfill', '--jobs', '999', '--from', dateOf(ago(dayMs)), '--to', dateOf(new Date()), '--json'],
      stage.env,
    );
    expect({ code: json.code, outcome: summaryOf(json).outcome }).toEqual({
      code: 1,
      outcome: 'completed_with_problems',
    });
  });

  it('for a range that Marketing Cloud no longer keeps, before it starts', async () => {
    const end = await runCli(['backfill', '--from', '2020-01-01', '--to', '2020-02-01'], stage.env);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toMatch(/--to is 2020-02-01: .*730 days/u);
  });

  it('for the part of a range that is no longer kept, and reads the rest', async () => {
    const end = await runCli(['backfill', '--from', '2020-01-01', '--to', dateOf(ago(-dayMs))], stage.env);
    expect(end.code).toBe(0);
    expect(end.stderr).toMatch(/--from is 2020-01-01: .*730 days.*is not there any more/u);
    expect((await countRows(stage.pool)).open).toBe(20);
  });

  it('for a range in which there is no event', async () => {
    const range = ['--from', dateOf(ago(100 * dayMs)), '--to', dateOf(ago(90 * dayMs))];
    const end = await runCli(['backfill', ...range], stage.env);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('No event was found in this range.');
  });
});

describe('a run that was killed', () => {
  it('is shown as interrupted at once', async () => {
    stage = await openStage(worldOf([job]), { latencyMs: 300 });
    const sync = startCli(['sync'], stage.env);
    await eventually(
      'a run',
      async () => (await stage.pool.query('select from pipeline.runs')).rowCount === 1,
    );
    sync.signal('SIGKILL');
    await sync.end;
    // The server notices the closed connection a moment later.
    await eventually('no process', async () =>
      (await runCli(['status'], stage.env)).stdout.includes('No process is running.'),
    );
    const { stdout } = await runCli(['status'], stage.env);
    expect(stdout).toMatch(/1 +sync .* – +interrupted/u);
    expect(stdout).not.toMatch(/\brunning\b(?!\.)/u);
  });
});

describe('a business unit that is no longer read', () => {
  beforeEach(open);

  it('leaves the alarms when a person retires it, and its events stay', async () => {
    const { env, pool } = stage;
    const both = { ...env, SFMC_ACCOUNT_IDS: `${accountId},4711` };
    expect((await runCli(['sync'], both)).code).toBe(1);
    expect((await runCli(['status'], env)).stdout).toContain('Account 4711: REFUSED');
    const listed = await runCli(['accounts'], env);
    expect(listed.stdout).toMatch(/4711 .*refused/u);

    const retired = await runCli(['accounts', 'retire', '4711'], env);
    expect(retired).toMatchObject({ code: 0, stdout: '1 account retired: its events stay\n' });
    expect((await runCli(['status'], env)).stdout).not.toContain('4711');
    expect((await runCli(['accounts', 'retire', '4712'], env)).code).toBe(1);

    // The other one, with all its checkpoints.
    expect((await runCli(['accounts', 'retire', String(accountId)], env)).code).toBe(0);
    expect((await runCli(['status', '--json'], env)).stdout).toContain('"eventTypes":[]');
    expect((await countRows(pool)).open).toBe(20);
    expect((await runCli(['sync'], env)).code).toBe(0);
    expect((await runCli(['accounts'], env)).stdout).toMatch(/7000001 +Example +active/u);
  });

  it('is listed as JSON', async () => {
    await runCli(['sync'], stage.env);
    const { stdout } = await runCli(['accounts', '--json'], stage.env);
    expect(JSON.parse(stdout)).toMatchObject({ accounts: [{ accountId, state: 'active' }] });
  });
});

describe('a rejected record', () => {
  const rejectedIn = async () =>
    (await runCli(['rejected', '--json'], stage.env)).stdout.split('"reason"').length - 1;
  beforeEach(async () => {
    await open();
    const raw = { EventDate: '2026-02-30T10:00:00' };
    const bad = eventOf(600, { subscriberKey: 'broken', occurredAt: Date.now() - hourMs, raw });
    stage.world.addJob(listSend(600, { events: { open: [bad] } }));
    expect((await runCli(['sync'], stage.env)).code).toBe(1);
  });

  it('is put aside by a person, recorded with who and why, and counts no more', async () => {
    const { env, pool } = stage;
    const { rows } = await pool.query<{ id: number }>('select id from pipeline.rejected_records');
    const id = String(rows[0]?.id);
    expect((await runCli(['rejected', 'dismiss', id], env)).code).toBe(2);
    const end = await runCli(['rejected', 'dismiss', id, '--reason', 'a test send', '--by', 'anna'], env);
    expect(end).toMatchObject({ code: 0, stdout: '1 record dismissed by anna\n' });
    expect((await runCli(['rejected'], env)).stdout).toBe('no rejected records\n');
    expect((await runCli(['status', '--json'], env)).stdout).not.toMatch(/"rejectedRecords":1/u);
    // Read once more, it stays put aside.
    expect((await runCli(['sync', '--jobs', '600'], env)).code).toBe(0);
    expect(await rejectedIn()).toBe(0);
    const { rows: kept } = await pool.query(
      'select dismissed_by, dismissed_reason from pipeline.rejected_records',
    );
    expect(kept).toEqual([{ dismissed_by: 'anna', dismissed_reason: 'a test send' }]);
  });

  it('leaves by itself once it can be read', async () => {
    const { env, pool } = stage;
    const good = new Date(Date.now() - 3 * dayMs).toISOString().slice(0, 19);
    await pool.query(
      `update pipeline.rejected_records set record = replace(record, '2026-02-30T10:00:00', $1)`,
      [good],
    );
    const opens = (await countRows(pool)).open;
    await pool.query(`update pipeline.rejected_records set record_digest = sha256(record_digest)`);
    await runCli(['sync', '--events', 'click'], env);
    expect(await rejectedIn()).toBe(0);
    expect((await countRows(pool)).open).toBe(opens + 1);
  });

  it('leaves by itself once a full re-read of its job no longer met it', async () => {
    const { env, pool } = stage;
    await pool.query(`update pipeline.rejected_records set last_seen_at = now() - interval '1 hour'`);
    await pool.query(
      `update pipeline.checkpoints set full_read_at = now() - interval '1 minute' where job_id = 600 and event_type = 'open'`,
    );
    await runCli(['sync', '--events', 'click'], env);
    expect(await rejectedIn()).toBe(0);
  });
});

/** Postgres may end the statement to resolve a deadlock with a page that is being written. */
async function dropSchema({ pool }: Stage, schema: string): Promise<void> {
  await eventually(`the end of ${schema}`, async () => {
    const failure = await pool
      .query(`drop schema if exists ${schema} cascade`)
      .catch((error: unknown) => error);
    if (failure instanceof DatabaseError && failure.code === '40P01') return false;
    if (failure instanceof Error) throw failure;
    return true;
  });
}

describe('a schema that is dropped in mid-run', () => {
  it.each(['sfmc_tracking_queue', 'pipeline', 'tracking'])(
    '%s ends the sync with one line',
    async (schema) => {
      const world = worldOf([job, listSend(501, { counts: { sent: 40, open: 40 } })]);
      stage = await openStage(world, { latencyMs: 50, pageSizeMax: 2 });
      const sync = beginCli(['sync'], { ...stage.env, LOG_LEVEL: 'error' });
      await eventually('rows', async () => (await countRows(stage.pool)).open > 4);
      await dropSchema(stage, schema);
      const end = await sync.end;
      expect(end.code).toBe(2);
      expect(end.stderr).toMatch(/does not exist.*migrate/u);
      expect(end.stderr).not.toMatch(/bug in sfmc-tracking|^\s+at /mu);
    },
  );
});
