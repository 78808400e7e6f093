import type { FaultRule } from '../../../simulator/faults/faults.ts';
import { runCli, summaryOf } from '../../support/program/cli.ts';
import { syncToEnd } from '../../support/program/in-process-cli.ts';
import { errorTexts } from '../../support/error-texts.ts';
import { listSend, openStage, retrievesOf, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const job = { slow: 651, healthy: [652, 653] } as const;
const counts = { sent: 60, open: 40, click: 10 };
const world = worldOf([job.slow, ...job.healthy].map((jobId) => listSend(jobId, { counts })));
const minuteMs = 60_000;
let stage: Stage;

beforeEach(async () => {
  stage = await openStage(world);
});
afterEach(() => stage.close());

function timesOut(match: FaultRule['match']): FaultRule {
  return { match, times: -1, fault: { kind: 'error', text: errorTexts.timeout } };
}

function opensOf(jobId: number) {
  return retrievesOf(stage.simulator, 'OpenEvent', jobId);
}

async function parkedOpens(): Promise<{ error_message: string; seconds: number }[]> {
  const { rows } = await stage.pool.query<{ error_message: string; seconds: number }>(
    `select error_message, extract(epoch from window_to - window_from)::int as seconds
     from pipeline.extract_tasks where state = 'parked' and event_type = 'open'`,
  );
  return rows;
}

/** Parts of windows that were read. */
async function partsOfOpens(): Promise<number> {
  const { rows } = await stage.pool.query<{ parts: number }>(
    `select count(*)::int as parts from pipeline.extract_tasks where event_type = 'open' and job_id = $1 and parent_id is not null and state = 'done'`,
    [job.slow],
  );
  return rows[0]?.parts ?? 0;
}

describe('a job that times out at every width', () => {
  it('is parked whole after a dozen requests with advice, and each later sync makes one', async () => {
    stage.simulator.setFaults([timesOut({ jobId: job.slow, objectType: 'OpenEvent' })]);
    const first = await syncToEnd(stage.env);
    expect(first.code).toBe(1);
    expect(summaryOf(first).tasks.parked).toBe(1);
    expect(opensOf(job.slow).length).toBeLessThanOrEqual(13);
    const [parked, second] = await parkedOpens();
    expect(second).toBeUndefined();
    expect(parked?.seconds).toBeGreaterThan(24 * 60 * 60);
    expect(parked?.error_message).toMatch(/^Even 1 s of the window time out: Marketing Cloud returned: /u);
    const listed = await runCli(['tasks', '--parked'], stage.env);
    expect(listed.stdout).toMatch(/RETRIEVE_TIMED_OUT: .*data extract/u);
    await expectTablesEqualTruth(stage.pool, world, {
      expected: ({ jobId }, type) => jobId !== job.slow || type !== 'open',
    });

    const before = opensOf(job.slow).length;
    expect((await syncToEnd(stage.env)).code).toBe(1);
    // One for the parked window; what has happened since the first sync is a window of its own.
    expect(opensOf(job.slow).length - before).toBeLessThanOrEqual(4);

    stage.simulator.setFaults([]);
    const healed = await syncToEnd(stage.env);
    expect(healed.code).toBe(0);
    // The two windows work again, each as a whole: they are not cut by what is known of shorter ones.
    expect(await partsOfOpens()).toBeLessThanOrEqual(2);
    await expectTablesEqualTruth(stage.pool, world);
  });
});

describe('a window that timed out in a hundred syncs', () => {
  it('is still tried in the next one, and read once it responds', async () => {
    stage.simulator.setFaults([timesOut({ jobId: job.slow, objectType: 'OpenEvent' })]);
    expect((await syncToEnd(stage.env)).code).toBe(1);
    await stage.pool.query(
      `update pipeline.extract_tasks set requests = requests + 100 where state = 'parked'`,
    );

    stage.simulator.setFaults([]);
    expect((await syncToEnd(stage.env)).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
  });
});

describe('a job that responds to windows of up to 20 minutes only', () => {
  it('is read whole with half as many requests again as windows of that width would take, and 20', async () => {
    const broad = { jobId: job.slow, objectType: 'OpenEvent', windowLongerThanMs: 20 * minuteMs + 1000 };
    stage.simulator.setFaults([timesOut(broad)]);
    const end = await syncToEnd(stage.env);
    expect(end.code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
    const { rows } = await stage.pool.query<{ minutes: number }>(
      `select extract(epoch from max(window_to) - min(window_from))::int / 60 as minutes
       from pipeline.extract_tasks where event_type = 'open' and job_id = $1`,
      [job.slow],
    );
    const needed = (rows[0]?.minutes ?? 0) / 20;
    expect(needed).toBeGreaterThan(100);
    expect(opensOf(job.slow).length).toBeLessThanOrEqual(1.5 * needed + 20);
  });
});
