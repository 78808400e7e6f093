import type { FaultRule } from '../../../simulator/faults/faults.ts';
import { runCli, startCli, summaryOf } from '../../support/program/cli.ts';
import { syncToEnd } from '../../support/program/in-process-cli.ts';
import { ago, dayMs, eventually, hourMs } from '../../support/clock.ts';
import { errorTexts } from '../../support/error-texts.ts';
import { accountId, listSend, openStage, retrievesOf, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const counts = { sent: 12, open: 6, click: 3 };
const jobIds = [501, 502, 503, 504, 505, 506];
let stage: Stage;
afterEach(() => stage.close());

interface World {
  readonly latencyMs?: number;
  readonly events?: Readonly<Record<'sent' | 'open' | 'click', number>>;
  readonly jobAgeMs?: number;
}

async function open(
  faults: readonly FaultRule[] = [],
  { latencyMs = 0, events = counts, jobAgeMs = 2 * dayMs }: World = {},
): Promise<void> {
  const createdAt = ago(jobAgeMs);
  const sentAt = new Date(createdAt.getTime() + hourMs);
  const triggered = { accountId, jobId: 900, kind: 'triggered', sentAt: null } as const;
  const specs = [
    ...jobIds.map((jobId) => listSend(jobId, { createdAt, sentAt, counts: events })),
    { ...triggered, createdAt: ago(40 * dayMs), counts: events },
  ];
  stage = await openStage(worldOf(specs), { faults, latencyMs });
}

async function readings(dimension: string): Promise<Record<string, unknown>[]> {
  const { rows } = await stage.pool.query<Record<string, unknown>>(
    `select state, error_code, job_ids, window_from is not null as is_window
     from pipeline.extract_tasks where kind = 'dimension' and event_type = $1 order by id`,
    [dimension],
  );
  return rows;
}

async function mark(): Promise<Date | null> {
  const { rows } = await stage.pool.query<{ mark: Date | null }>(
    'select jobs_discovered_until as mark from pipeline.accounts where account_id = $1',
    [accountId],
  );
  return rows[0]?.mark ?? null;
}

describe('a list of jobs', () => {
  it('whose window times out is read in halves, and the mark moves once both are in', async () => {
    await open([{ match: { objectType: 'Send' }, fault: { kind: 'error', text: errorTexts.timeout } }]);
    const end = await syncToEnd(stage.env);

    expect(end.code).toBe(0);
    expect((await readings('job')).map(({ state }) => state)).toEqual(['split', 'done', 'done']);
    expect(await mark()).toBeInstanceOf(Date);
    await expectTablesEqualTruth(stage.pool, stage.world);
  });

  it('that fails for good is parked, keeps the mark, and is read by the next sync', async () => {
    await open([
      {
        match: { objectType: 'Send' },
        times: -1,
        fault: { kind: 'error', text: errorTexts.unknownProperty },
      },
    ]);
    const first = await syncToEnd(stage.env);

    expect(first.code).toBe(1);
    expect(summaryOf(first)).toMatchObject({
      outcome: 'completed_with_problems',
      tasks: { parked: 1 },
      problems: [{ accountId, code: 'REQUEST_INVALID' }],
    });
    expect(await readings('job')).toMatchObject([{ state: 'parked', error_code: 'REQUEST_INVALID' }]);
    expect(await mark()).toBeNull();
    const listed = await runCli(['tasks', '--parked', '--json'], stage.env);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      tasks: [{ kind: 'dimension', eventType: 'job', jobId: null }],
    });

    stage.simulator.setFaults([]);
    expect((await syncToEnd(stage.env)).code).toBe(0);
    expect(await mark()).toBeInstanceOf(Date);
    await expectTablesEqualTruth(stage.pool, stage.world);
  });

  it('that is interrupted continues on the page after the last one committed', async () => {
    await open([], { latencyMs: 100, events: { sent: 1, open: 1, click: 1 } });
    const settings = { ...stage.env, PAGE_SIZE: '1', CONCURRENCY_PER_ACCOUNT: '1' };
    const first = startCli(['sync', '--json'], settings);
    await eventually('two pages of jobs', () => retrievesOf(stage.simulator, 'Send').length >= 2);
    first.signal('SIGTERM');
    expect((await first.end).code).toBe(130);
    const asked = retrievesOf(stage.simulator, 'Send').length;
    expect((await readings('job')).map(({ state }) => state)).toEqual(['interrupted']);
    expect(await mark()).toBeNull();

    expect((await syncToEnd(settings)).code).toBe(0);
    const pages = retrievesOf(stage.simulator, 'Send').map(({ page }) => page);
    expect(pages[asked]).toBe(asked + 1);
    await expectTablesEqualTruth(stage.pool, stage.world);
  });
});

describe('the counters of open jobs', () => {
  it('are read by JobID where the list of modified jobs does not bring them, and only there', async () => {
    // Longer ago than the list goes back before the last discovery.
    await open([], { jobAgeMs: 12 * dayMs });
    expect((await syncToEnd(stage.env)).code).toBe(0);
    expect((await readings('job')).map((reading) => reading['is_window'])).toEqual([true]);
    await stage.pool.query(`update tracking.jobs set counters_at = now() - interval '1 day'`);

    expect((await syncToEnd(stage.env)).code).toBe(0);
    const [, , byId] = await readings('job');
    expect(byId).toMatchObject({ state: 'done', is_window: false, job_ids: [...jobIds, 900] });
    await expectTablesEqualTruth(stage.pool, stage.world);
  });
});

describe('definitions that cannot be read', () => {
  it('are a parked task, which a person accepts: then they are not requested for a month', async () => {
    const refused = { kind: 'error', text: errorTexts.unknownProperty } as const;
    await open([{ match: { objectType: 'TriggeredSendDefinition' }, times: -1, fault: refused }]);
    const first = await syncToEnd(stage.env);
    expect(first.code).toBe(1);
    await expectTablesEqualTruth(stage.pool, stage.world);
    const { rows } = await stage.pool.query<{ id: number }>(
      `select id from pipeline.extract_tasks where state = 'parked'`,
    );
    expect(rows).toHaveLength(1);

    const accept = ['tasks', 'accept', String(rows[0]?.id), '--reason', 'not needed', '--by', 'Ann'];
    expect((await runCli(accept, stage.env)).code).toBe(0);
    const asked = retrievesOf(stage.simulator, 'TriggeredSendDefinition').length;
    expect((await syncToEnd(stage.env)).code).toBe(0);
    expect(retrievesOf(stage.simulator, 'TriggeredSendDefinition')).toHaveLength(asked);
  });
});
