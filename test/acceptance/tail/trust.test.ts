import type { FaultRule } from '../../../simulator/faults/faults.ts';
import { runCli } from '../../support/program/cli.ts';
import { syncToEnd } from '../../support/program/in-process-cli.ts';
import { accountId, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import {
  closedJob,
  eventRetrieves,
  olderJob,
  openedAt,
  pretendNightPassed,
  pretendReadInFull,
  pretendTailChecked,
  tailJobs,
  tailRows,
} from '../../support/tail/tail.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';
import { startWebhook } from '../../support/outside/webhook.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(worldOf(tailJobs()));
  await sync();
  await pretendReadInFull(stage.pool);
});
afterAll(() => stage.close());

const sync = () => syncToEnd({ ...stage.env, TAIL: 'auto' });

async function night(): Promise<Awaited<ReturnType<typeof sync>>> {
  await pretendNightPassed(stage.pool);
  return sync();
}

const nineHours = 9 * 60;

describe('a job that was read to a point before the tail', () => {
  it('is read by its JobID from there first, when that is due, and by the tail from then on', async () => {
    const { pool, world, simulator } = stage;
    await pretendTailChecked(pool);
    await pool.query(
      `update pipeline.checkpoints
       set covered_to = covered_to - interval '6 days', watermark = watermark - interval '6 days', tail_from = null,
           asked_at = asked_at - interval '6 days'
       where job_id = $1`,
      [olderJob],
    );
    world.addEvents('open', [openedAt(olderJob, 5 * 24 * 60), openedAt(closedJob, 60)]);
    const end = await night();
    expect(end.code).toBe(0);
    await expectTablesEqualTruth(pool, world);
    const since = simulator.requests.length;
    await night();

    const asked = eventRetrieves(stage, since).filter(({ jobId }) => jobId === olderJob);
    expect(asked).toEqual([]);
  });
});

describe('the weekly sample of old jobs', () => {
  const isIncomplete: FaultRule = {
    match: { by: ['date', 'below'] },
    times: -1,
    fault: { kind: 'leave-out', every: 1 },
  };

  it('agrees where reading by date is complete, and is taken once a week', async () => {
    const { pool, world, simulator } = stage;
    await pool.query('update pipeline.accounts set tail_checked_at = null');
    world.addEvents('open', [openedAt(olderJob, nineHours)]);
    const end = await night();
    expect(end.code).toBe(0);
    const { rows } = await pool.query(
      `select count(*)::int as tasks, sum(inserted)::int as inserted
       from pipeline.extract_tasks where origin = 'tail_check'`,
    );
    const since = simulator.requests.length;
    await night();

    // Two old jobs of two event types: the sends are complete.
    expect(rows).toEqual([{ tasks: 4, inserted: 0 }]);
    expect(eventRetrieves(stage, since).filter(({ jobId }) => jobId === olderJob)).toEqual([]);
    expect(await tailRows(pool)).toHaveLength(3);
  });

  it('switches the tail off where it had missed events, and all that it had marked as read is read again', async () => {
    const { pool, world, simulator } = stage;
    simulator.setFaults([isIncomplete]);
    await pretendTailChecked(pool);
    world.addEvents('open', [openedAt(olderJob, nineHours, { subscriberKey: 'missed@example.com' })]);
    world.addEvents('click', [openedAt(closedJob, nineHours, { subscriberKey: 'missed@example.com' })]);
    await night();
    const { rows: missed } = await pool.query(
      `select from tracking.open_events where subscriber_key = 'missed@example.com'`,
    );
    expect(missed).toHaveLength(0);
    await pool.query('update pipeline.accounts set tail_checked_at = null');
    world.addEvents('open', [openedAt(olderJob, nineHours, { subscriberKey: 'missed too' })]);
    const end = await night();

    expect(end.stderr).toContain('tail switched off: reading by date is not complete');
    await expectTablesEqualTruth(pool, world);
    expect(await tailRows(pool)).toEqual([]);
    const { rows } = await pool.query<{ reason: string }>(
      'select tail_off_reason as reason from pipeline.accounts where account_id = $1',
      [accountId],
    );
    expect(rows[0]?.reason).toMatch(/^[12] (open|click) events? of job 1[01]0 had not been read by date$/u);
  });

  it('is said in the status, and the account is read job by job for 30 days', async () => {
    const { simulator, env } = stage;
    const status = await runCli(['status'], { ...env, TAIL: 'auto' });
    const since = simulator.requests.length;
    await night();

    expect(status.stdout).toMatch(/The tail of account .*7000001\)? is off since/u);
    expect(eventRetrieves(stage, since).filter(({ by }) => by !== 'job')).toEqual([]);
  });

  it('is an alert, once when it begins and once when it is over', async () => {
    const webhook = await startWebhook();
    try {
      const settings = { ...stage.env, TAIL: 'auto', ALERT_WEBHOOK_URL: webhook.url };
      await runCli(['sync', '--json'], settings);
      await runCli(['sync', '--json'], settings);
      expect(webhook.texts).toHaveLength(1);
      expect(webhook.texts[0]).toMatch(
        /^ALERT: Account .*7000001\)?: reading by date had missed events, so that old jobs are read one by one; see status\.$/mu,
      );
      expect(webhook.texts[0]).not.toMatch(/@|missed too/u);
      await stage.pool.query(`update pipeline.accounts set tail_off_at = tail_off_at - interval '31 days'`);
      await runCli(['sync', '--json'], settings);
      expect(webhook.texts).toHaveLength(2);
      expect(webhook.texts[1]).toMatch(/^Over: Account .*reading by date had missed events/mu);
    } finally {
      await webhook.close();
    }
  });
});
