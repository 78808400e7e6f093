import { runCli, summaryOf } from '../../support/program/cli.ts';
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
  youngJob,
} from '../../support/tail/tail.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const unknownJob = 150;
let stage: Stage;

beforeAll(async () => {
  stage = await openStage(worldOf(tailJobs()));
});
afterAll(() => stage.close());

const sync = (env: Readonly<Record<string, string>> = {}) =>
  runCli(['sync', '--json'], { ...stage.env, TAIL: 'auto', ...env });

describe('the tail', () => {
  it('begins with the first sync, beside the reading of each job', async () => {
    const end = await sync();

    expect(end.code).toBe(0);
    await expectTablesEqualTruth(stage.pool, stage.world);
    expect((await tailRows(stage.pool)).map(({ rung }) => rung)).toEqual([2, 2, 2]);
  });

  it('brings the events of closed and unknown jobs the next night, and asks no old job by its JobID', async () => {
    const { pool, world, simulator } = stage;
    await pretendReadInFull(pool);
    await pretendNightPassed(pool);
    await pretendTailChecked(pool);
    world.addEvents('open', [openedAt(closedJob, 90), openedAt(olderJob, 80), openedAt(unknownJob, 70)]);
    const since = simulator.requests.length;
    const end = await sync();

    expect(end.code).toBe(0);
    expect(summaryOf(end).events['open']?.inserted).toBe(3);
    await expectTablesEqualTruth(pool, world);
    const byJob = eventRetrieves(stage, since).filter(({ by }) => by === 'job');
    expect(new Set(byJob.map(({ jobId }) => jobId))).toEqual(new Set([youngJob, unknownJob]));
  });

  it('makes a stub of an unknown job, and moves the checkpoints of the jobs it has read', async () => {
    const { pool } = stage;
    const { rows: stubs } = await pool.query('select is_stub from tracking.jobs where job_id = $1', [
      unknownJob,
    ]);
    const { rows: marks } = await pool.query<{ job_id: number; is_at_tail: boolean }>(
      `select job_id, mark.covered_to = tail.covered_to and tail_from < mark.covered_to as is_at_tail
       from pipeline.checkpoints as mark join pipeline.tails as tail using (account_id, event_type)
       where account_id = $1 and event_type = 'open' and job_id = any($2) order by job_id`,
      [accountId, [closedJob, olderJob]],
    );

    expect(stubs).toEqual([{ is_stub: true }]);
    expect(marks).toEqual([
      { job_id: closedJob, is_at_tail: true },
      { job_id: olderJob, is_at_tail: true },
    ]);
  });

  it('is off with TAIL=off: each old job is asked by its JobID again', async () => {
    const { pool, world, simulator } = stage;
    await pretendNightPassed(pool);
    world.addEvents('open', [openedAt(olderJob, 40)]);
    const since = simulator.requests.length;
    const end = await sync({ TAIL: 'off' });

    expect(end.code).toBe(0);
    await expectTablesEqualTruth(pool, world);
    const retrieves = eventRetrieves(stage, since);
    expect(retrieves.filter(({ by }) => by !== 'job')).toEqual([]);
    expect(new Set(retrieves.map(({ jobId }) => jobId))).toContain(olderJob);
    expect(await tailRows(pool)).toEqual([]);
  });
});
