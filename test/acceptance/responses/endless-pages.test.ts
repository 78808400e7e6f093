import type { FaultRule } from '../../../simulator/faults/faults.ts';
import { runCli, summaryOf } from '../../support/program/cli.ts';
import { syncToEnd } from '../../support/program/in-process-cli.ts';
import { listSend, openStage, retrievesOf, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const job = { endless: 661, healthy: 662, large: 663 } as const;
const counts = { sent: 60, open: 20, click: 10 };
const world = worldOf([
  listSend(job.endless, { counts }),
  listSend(job.healthy, { counts }),
  listSend(job.large, { counts: { ...counts, sent: 1000 } }),
]);
let stage: Stage;

beforeEach(async () => {
  stage = await openStage(world);
});
afterEach(() => stage.close());

function neverEnds(jobId: number, objectType: string): FaultRule {
  return { match: { jobId, objectType }, times: -1, fault: { kind: 'endless-new' } };
}

async function parkedCodes(): Promise<string[]> {
  const { rows } = await stage.pool.query<{ error_code: string }>(
    `select error_code from pipeline.extract_tasks where state = 'parked'`,
  );
  return rows.map((row) => row.error_code);
}

/** Removes what the simulator invented: keys that begin with the place of their record. */
async function dropInvented(type: 'open' | 'sent'): Promise<number> {
  const { rowCount } = await stage.pool.query(
    `delete from tracking.${type}_events where subscriber_key ~ '^[0-9]+-'`,
  );
  return rowCount ?? 0;
}

describe('a job with 20 opens, of which ever new pages come', () => {
  it('is parked after eight pages in each sync, and everything else is complete', async () => {
    const opens = () => retrievesOf(stage.simulator, 'OpenEvent', job.endless).length;
    stage.simulator.setFaults([neverEnds(job.endless, 'OpenEvent')]);
    const first = await syncToEnd(stage.env);
    expect(first.code).toBe(1);
    expect(summaryOf(first).tasks.parked).toBe(1);
    expect(opens()).toBe(8);
    expect(await parkedCodes()).toEqual(['BUDGET_EXCEEDED']);
    const listed = await runCli(['tasks', '--parked'], stage.env);
    expect(listed.stdout).toMatch(/records of the planned window were read, where NumberSent is 60/u);
    expect(listed.stdout).toMatch(/BUDGET_EXCEEDED: what is loaded stays: `.*tasks retry`/u);
    const { rows } = await stage.pool.query<{ unique_opens: number | null }>(
      'select unique_opens from tracking.jobs where job_id = $1',
      [job.endless],
    );
    expect(rows[0]?.unique_opens).toBeLessThanOrEqual(counts.open);

    expect((await syncToEnd(stage.env)).code).toBe(1);
    // Eight again; what has happened since the first sync is a window of its own.
    expect(opens()).toBeLessThanOrEqual(8 + 8 + 2);
    expect(await dropInvented('open')).toBe(8 * 2500 - counts.open);
    await expectTablesEqualTruth(stage.pool, world);
  });
});

describe('a job whose pages end again', () => {
  it('is read whole by the next sync, though its window has brought too many records before', async () => {
    const env = { ...stage.env, PAGE_SIZE: '100' };
    stage.simulator.setFaults([neverEnds(job.large, 'SentEvent')]);
    expect((await syncToEnd(env)).code).toBe(1);
    expect(await parkedCodes()).toEqual(['BUDGET_EXCEEDED']);
    expect(await dropInvented('sent')).toBeGreaterThan(0);

    stage.simulator.setFaults([]);
    const healed = await syncToEnd(env);
    expect(healed.code).toBe(0);
    expect(await parkedCodes()).toEqual([]);
    await expectTablesEqualTruth(stage.pool, world);
  });
});
