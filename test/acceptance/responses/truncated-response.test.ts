import type { Fault, FaultRule } from '../../../simulator/faults/faults.ts';
import { runCli, summaryOf } from '../../support/program/cli.ts';
import { syncToEnd } from '../../support/program/in-process-cli.ts';
import { listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

interface Cut {
  readonly jobId: number;
  readonly page: 'first' | 'middle' | 'last';
  readonly kind: 'reset-mid-body' | 'truncate';
  readonly afterBytes: number;
}

const pageSize = 10;
const cuts: Cut[] = (['reset-mid-body', 'truncate'] as const).flatMap((kind, byKind) =>
  (['first', 'middle', 'last'] as const).flatMap((page, byPage) =>
    [0, 60, 900, 2600].map((afterBytes, byOffset) => ({
      ...{ jobId: 500 + byKind * 100 + byPage * 10 + byOffset, page, kind, afterBytes },
    })),
  ),
);
const job = { neverStarts: 701, neverContinues: 702 } as const;
let stage: Stage;

beforeAll(async () => {
  const jobIds = [...cuts.map(({ jobId }) => jobId), ...Object.values(job)];
  stage = await openStage(worldOf(jobIds.map((jobId) => listSend(jobId, { counts: { sent: 25 } }))));
});
afterAll(() => stage.close());

const cutsOnce = cuts.map(({ jobId, page, kind, afterBytes }): FaultRule => {
  return { match: { objectType: 'SentEvent', jobId, page }, fault: { kind, afterBytes } };
});
const lost: Fault = { kind: 'reset-mid-body', afterBytes: 1500 };
const cutsForEver: FaultRule[] = [
  { match: { objectType: 'SentEvent', jobId: job.neverStarts }, times: -1, fault: lost },
  { match: { objectType: 'SentEvent', jobId: job.neverContinues, page: 2 }, times: -1, fault: lost },
];

describe('a page that is cut on its way', () => {
  it('leaves nothing of itself, wherever it is cut, and the run ends exact where another try gets through', async () => {
    stage.simulator.setFaults([...cutsOnce, ...cutsForEver]);
    const settings = { PAGE_SIZE: String(pageSize), CONCURRENCY_PER_ACCOUNT: '6' };
    const end = await syncToEnd({ ...stage.env, EVENT_TYPES: 'sent', ...settings });

    const faults = stage.simulator.requests.filter(({ jobId, fault }) => {
      return fault !== undefined && cuts.some((cut) => cut.jobId === jobId);
    });
    expect(faults).toHaveLength(cuts.length);
    expect(end.code).toBe(1);
    expect(summaryOf(end).tasks.parked).toBe(1);
    await expectTablesEqualTruth(stage.pool, stage.world, {
      types: ['sent'],
      expected: ({ jobId }) => jobId !== job.neverStarts,
    });
    const { rows } = await stage.pool.query<{ state: string; from_one: number }>(
      `select state, count(*) filter (where id = root_id)::int as from_one from pipeline.extract_tasks
       where job_id = $1 group by state order by state`,
      [job.neverContinues],
    );
    // What cannot be continued is read in windows of a single page.
    expect(rows).toEqual([
      { state: 'done', from_one: 0 },
      { state: 'split', from_one: 1 },
    ]);
  });

  it('is loaded by the next sync when the connection holds again', async () => {
    stage.simulator.setFaults([]);
    const end = await runCli(['sync', '--events', 'sent', '--json'], stage.env);

    expect(end.code).toBe(0);
    await expectTablesEqualTruth(stage.pool, stage.world, { types: ['sent'] });
  });
});
