import { beginCli, summaryOf } from '../../support/program/cli.ts';
import { eventually } from '../../support/clock.ts';
import { listSend, openStage, retrievesOf, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const old = [670, 671, 672, 673, 674, 675];
const fresh = [680, 681, 682, 683];
const counts = { sent: 300, open: 0, click: 0 };
const slots = 4;
let stage: Stage;

beforeEach(async () => {
  const world = worldOf([...old, ...fresh].map((jobId) => listSend(jobId, { counts })));
  stage = await openStage(world, { latencyMs: 20, pageSizeMax: 10 });
});
afterEach(() => stage.close());

function sentOf(jobIds: readonly number[]): number {
  return jobIds.reduce((sum, jobId) => sum + retrievesOf(stage.simulator, 'SentEvent', jobId).length, 0);
}

describe('a sync beside a backfill of the same account', () => {
  it('takes the slots at the next page, and the backfill goes on where it was once the sync needs them no more', async () => {
    const settings = { ...stage.env, CONCURRENCY_PER_ACCOUNT: String(slots), EVENT_TYPES: 'sent' };
    const range = ['--from', '2025-01-01', '--to', new Date(Date.now() + 60_000).toISOString()];
    const backfill = beginCli(['backfill', ...range, '--jobs', old.join(','), '--json'], settings);
    await eventually('a busy backfill', () => sentOf(old) > 2 * slots || undefined);
    const sync = beginCli(['sync', '--jobs', fresh.join(','), '--json'], settings);
    await eventually('a page for the sync', () => sentOf(fresh) > 0 || undefined);
    const before = sentOf(old);
    // While the sync has a task for each slot: until the first of them is done.
    await eventually('most of a task of the sync', () => fresh.some((jobId) => sentOf([jobId]) >= 20));
    const meanwhile = sentOf(old) - before;
    const ended = await sync.end;
    expect(summaryOf(ended).outcome).toBe('completed');
    expect(meanwhile).toBeLessThan(20);
    const whole = await backfill.end;
    expect({ code: whole.code, outcome: summaryOf(whole).outcome }).toEqual({
      code: 0,
      outcome: 'completed',
    });
    await expectTablesEqualTruth(stage.pool, stage.world);
  });
});
