import type { FaultRule } from '../../../simulator/faults/faults.ts';
import { errorTexts } from '../../support/error-texts.ts';
import { type CliEnd, runCli, summaryOf } from '../../support/program/cli.ts';
import { hourMs } from '../../support/clock.ts';
import { eventOf, listSend, openStage, retrievesOf, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const job = { fault500: 801, timesOut: 802, tokenEnds: 803, unknown: 804, healthy: 805 } as const;
const faults: FaultRule[] = [
  {
    match: { jobId: job.fault500, page: 2 },
    times: 2,
    fault: { kind: 'soapFault', which: 'server-unknown' },
  },
  {
    match: { jobId: job.timesOut, objectType: 'OpenEvent', windowLongerThanMs: 20 * hourMs },
    times: -1,
    fault: { kind: 'error', text: errorTexts.timeout },
  },
  { match: { jobId: job.tokenEnds, page: 2 }, fault: { kind: 'soapFault', which: 'token-expired' } },
  {
    match: { jobId: job.unknown, objectType: 'OpenEvent' },
    times: -1,
    fault: { kind: 'error', text: errorTexts.unknown },
  },
];
let stage: Stage;
let first: CliEnd;

interface CheckpointRow {
  job_id: number;
  event_type: string;
  watermark: Date;
}

async function watermark(jobId: number, eventType: string): Promise<number> {
  const { rows } = await stage.pool.query<CheckpointRow>(
    'select * from pipeline.checkpoints where job_id = $1 and event_type = $2',
    [jobId, eventType],
  );
  return rows[0]?.watermark.getTime() ?? Number.NaN;
}

async function tasksOf(jobId: number, eventType: string) {
  const { rows } = await stage.pool.query<{
    state: string;
    error_code: string | null;
    error_message: string | null;
    from: Date;
    to: Date;
    root: boolean;
  }>(
    `select state, error_code, error_message, window_from as from, window_to as to, id = root_id as root
     from pipeline.extract_tasks where job_id = $1 and event_type = $2 order by window_from, id`,
    [jobId, eventType],
  );
  return rows;
}

/** The end of the windows of the latest run: its start, in whole seconds. */
async function latestRunStart(): Promise<number> {
  const { rows } = await stage.pool.query<{ at: Date }>(
    `select date_trunc('second', max(started_at)) as at from pipeline.runs`,
  );
  return rows[0]?.at.getTime() ?? 0;
}

beforeAll(async () => {
  const counts = { sent: 60, open: 45, click: 20 };
  const world = worldOf(Object.values(job).map((jobId) => listSend(jobId, { counts })));
  stage = await openStage(world, { faults });
  first = await runCli(['sync', '--json'], { ...stage.env, PAGE_SIZE: '20' });
});
afterAll(() => stage.close());

describe('an error inside an answer', () => {
  it('is never taken for the end of data: all is loaded but the window that stays refused', async () => {
    const isRefused = (event: { jobId: number }, type: string) =>
      event.jobId === job.unknown && type === 'open';
    await expectTablesEqualTruth(stage.pool, stage.world, {
      expected: (event, type) => !isRefused(event, type),
    });
    expect(first.code).toBe(1);
    expect(summaryOf(first)).toMatchObject({ outcome: 'completed_with_problems', tasks: { parked: 1 } });
  });

  it('is tried again when it is a SOAP fault with HTTP 500', async () => {
    const faulty = stage.simulator.requests.filter((one) => one.jobId === job.fault500 && one.fault);
    expect(faulty.map(({ status }) => status)).toEqual([500, 500]);
    expect((await tasksOf(job.fault500, 'sent')).map(({ state }) => state)).toEqual(['done']);
  });

  it('cuts the window to a width that works when it is a time-out, and the watermark moves once every part is in', async () => {
    const tasks = await tasksOf(job.timesOut, 'open');
    const done = tasks.filter(({ state }) => state === 'done');
    const root = tasks.find((task) => task.root);
    expect(root).toMatchObject({ state: 'split', error_code: 'RETRIEVE_TIMED_OUT' });
    expect(done.length).toBeGreaterThanOrEqual(4);
    expect(done.every(({ from, to }) => to.getTime() - from.getTime() <= 20 * hourMs)).toBe(true);
    expect(done.slice(1).map(({ from }) => from)).toEqual(done.slice(0, -1).map(({ to }) => to));
    expect([done[0]?.from, done.at(-1)?.to]).toEqual([root?.from, root?.to]);
    expect(await watermark(job.timesOut, 'open')).toBe(await latestRunStart());
  });

  it('renews a token that ended in mid-run, once', () => {
    const tokens = stage.simulator.requests.filter(({ operation }) => operation === 'token');
    expect(tokens).toHaveLength(2);
    expect(retrievesOf(stage.simulator, 'SentEvent', job.tokenEnds).at(-1)?.overallStatus).toBe('OK');
  });

  it('parks the window with its text after its retries, and the watermark waits before the hole', async () => {
    const [parked, second] = await tasksOf(job.unknown, 'open');
    expect(second).toBeUndefined();
    expect(parked).toMatchObject({ state: 'parked', error_code: 'RETRIEVE_FAILED' });
    expect(parked?.error_message).toContain(errorTexts.unknown);
    expect(retrievesOf(stage.simulator, 'OpenEvent', job.unknown)).toHaveLength(3);
    expect(await watermark(job.unknown, 'open')).toBe(parked?.from.getTime());
    expect(await watermark(job.unknown, 'click')).toBe(await latestRunStart());
  });

  it('is found again by its RequestID: in the log, in the ledger and in `tasks`', async () => {
    const { rows } = await stage.pool.query<{ request_id: string }>(
      `select failure ->> 'requestId' as request_id from pipeline.extract_tasks
       where job_id = $1 and event_type = 'open'`,
      [job.unknown],
    );
    const requestId = rows[0]?.request_id ?? '';
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/u);
    const line = first.stderr.split('\n').find((one) => one.includes('task parked'));
    expect(line).toContain(`"requestId":"${requestId}"`);
    const listed = await runCli(['tasks', '--parked'], stage.env);
    expect(listed.stdout).toContain(`(RequestID ${requestId})`);
  });

  it('is tried once more by each sync, while what comes after the hole is loaded', async () => {
    stage.simulator.setFaults([
      {
        match: { jobId: job.unknown, objectType: 'OpenEvent', windowLongerThanMs: hourMs },
        times: -1,
        fault: { kind: 'error', text: errorTexts.unknown },
      },
    ]);
    const occurredAt = (await latestRunStart()) + 500;
    const fresh = eventOf(job.unknown, { occurredAt, subscriberKey: 'after the hole' });
    stage.world.addEvents('open', [fresh]);
    const again = await runCli(['sync', '--json'], stage.env);

    expect(again.code).toBe(1);
    expect(retrievesOf(stage.simulator, 'OpenEvent', job.unknown).length).toBeGreaterThan(3);
    const { rows } = await stage.pool.query<{ subscriber_key: string }>(
      'select subscriber_key from tracking.open_events where job_id = $1',
      [job.unknown],
    );
    expect(rows).toEqual([{ subscriber_key: 'after the hole' }]);
    const [parked] = await tasksOf(job.unknown, 'open');
    expect(await watermark(job.unknown, 'open')).toBe(parked?.from.getTime());
  });

  it('is loaded when it can be read again, and the watermark passes', async () => {
    stage.simulator.setFaults([]);
    const healed = await runCli(['sync', '--json'], stage.env);
    expect(healed.code).toBe(0);
    await expectTablesEqualTruth(stage.pool, stage.world);
    expect(await watermark(job.unknown, 'open')).toBe(await latestRunStart());
  });
});
