import { runCli, startCli, summaryOf } from '../../support/program/cli.ts';
import { ago, dayMs, eventually, hourMs } from '../../support/clock.ts';
import {
  accountId,
  listSend,
  openStage,
  otherAccountId,
  type Stage,
  worldOf,
} from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const counts = { sent: 60, open: 45, click: 20 };
const world = worldOf(
  [accountId, otherAccountId].flatMap((account, at) =>
    [0, 1, 2].map((job) => listSend(600 + at * 10 + job, { accountId: account, counts })),
  ),
);
const range = ['--from', ago(3 * dayMs).toISOString(), '--to', ago(12 * hourMs).toISOString()];
const concurrency = 2;
let stage: Stage;

beforeEach(async () => {
  stage = await openStage(world, { latencyMs: 20 });
});
afterEach(() => stage.close());

function expectBounded(): void {
  const { simulator } = stage;
  for (const account of world.accountIds)
    expect(simulator.peakConcurrency(account)).toBeLessThanOrEqual(concurrency);
}

function settings(): Record<string, string> {
  return { ...stage.env, PAGE_SIZE: '10', CONCURRENCY_PER_ACCOUNT: String(concurrency) };
}

describe('two commands at the same time', () => {
  it.each([
    ['a sync and a backfill', ['sync', '--json'], ['backfill', ...range, '--json']],
    ['two syncs', ['sync', '--json'], ['sync', '--json']],
  ])('%s load each event once, within the concurrency of each account', async (_pair, one, other) => {
    const ends = await Promise.all([runCli(one, settings()), runCli(other, settings())]);

    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(ends.map((end) => summaryOf(end).outcome)).toEqual(['completed', 'completed']);
    await expectTablesEqualTruth(stage.pool, world);
    expectBounded();
  });
});

describe('a worker beside a sync', () => {
  it('takes its share of the tasks, within the concurrency of each account, and leaves when told to', async () => {
    const { pool } = stage;
    const worker = startCli(['worker'], settings());
    await eventually('the worker', async () => {
      const { rowCount } = await pool.query(`select from pipeline.processes where command = 'worker'`);
      return rowCount === 0 ? undefined : rowCount;
    });
    const end = await runCli(['sync', '--json'], settings());
    worker.signal('SIGTERM');
    const left = await worker.end;

    expect({ sync: end.code, worker: left.code }).toEqual({ sync: 0, worker: 0 });
    await expectTablesEqualTruth(pool, world);
    expectBounded();
    const { rows } = await pool.query<{ command: string }>(
      `select distinct command from pipeline.extract_tasks join pipeline.processes using (process_id) order by 1`,
    );
    expect(rows.map(({ command }) => command)).toEqual(['sync', 'worker']);
  });
});
