import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultRule } from '../../simulator/faults/faults.ts';
import { type CliEnd, runCli, startCli, summaryOf } from '../support/cli.ts';
import { eventually } from '../support/clock.ts';
import { listSend, openStage, type Stage, worldOf } from '../support/simulator.ts';
import { countRows, expectTablesEqualTruth } from '../support/truth.ts';

const counts = { sent: 60, open: 45, click: 20 };
const world = worldOf(Array.from({ length: 6 }, (_, at) => listSend(800 + at, { counts })));
const pollSeconds = 2;
let stage: Stage;

beforeEach(async () => {
  stage = await openStage(world, { latencyMs: 30, pageSizeMax: 10 });
});
afterEach(() => stage.close());

function settings(changes: Record<string, string> = {}): Record<string, string> {
  return { ...stage.env, STATUS_POLL_SECONDS: String(pollSeconds), GATE_WAIT_MINUTES: '5', ...changes };
}

interface GateRow {
  gate: string;
  system_status: string;
  failed_checks: number;
  closed_at: Date | null;
  opened_at: Date | null;
}

async function readGate(): Promise<GateRow> {
  const { rows } = await stage.pool.query<GateRow>('select * from pipeline.system_status');
  const [gate] = rows;
  if (gate === undefined) throw new Error('the status container is gone');
  return gate;
}

function gateIs(state: 'open' | 'closed'): Promise<true> {
  return eventually(`a gate that is ${state}`, async () => (await readGate()).gate === state || undefined);
}

async function rowsLoaded(least: number): Promise<void> {
  await eventually(`${least} rows`, async () => {
    const { sent, open, click } = await countRows(stage.pool);
    return sent + open + click >= least || undefined;
  });
}

function statusCalls(from = 0): number {
  return stage.simulator.requests.slice(from).filter(({ operation }) => operation === 'GetSystemStatus')
    .length;
}

async function sumAttempts(): Promise<number> {
  const { rows } = await stage.pool.query<{ attempts: number }>(
    'select coalesce(sum(attempts), 0)::int as attempts from pipeline.extract_tasks',
  );
  return rows[0]?.attempts ?? Number.NaN;
}

async function expectComplete(end: CliEnd): Promise<void> {
  expect({ code: end.code, outcome: summaryOf(end).outcome }).toEqual({ code: 0, outcome: 'completed' });
  await expectTablesEqualTruth(stage.pool, world);
}

/** What left while the gate was known to be closed, once three checks were due. */
async function whileClosed(): Promise<{ requests: readonly string[]; checks: number; checksMax: number }> {
  await gateIs('closed');
  const { closed_at: closedAt } = await readGate();
  // Answers on their way end, and the other process learns of it.
  await sleep(1000);
  const from = stage.simulator.requests.length;
  await eventually('two further checks', () => statusCalls(from) >= 2 || undefined);
  // A process that begins meanwhile needs a token to ask with.
  const left = stage.simulator.requests.slice(from).filter(({ operation }) => operation !== 'token');
  const operations = left.map(({ operation }) => operation);
  const closedMs = Date.now() - (closedAt?.getTime() ?? Number.NaN);
  return { requests: operations, checks: statusCalls(), checksMax: 1 + closedMs / (pollSeconds * 1000) };
}

describe('maintenance in mid-run', () => {
  it.each(['InMaintenance', 'UnplannedOutage'] as const)(
    'reported as %s closes the gate for two processes: nothing but the scheduled status call leaves, and no try counts',
    async (status) => {
      const { simulator, pool } = stage;
      const worker = startCli(['worker'], settings());
      const sync = startCli(['sync', '--json'], settings());
      await rowsLoaded(100);
      expect(statusCalls()).toBe(0);
      simulator.setSystemStatus(status);
      const { requests, checks, checksMax } = await whileClosed();

      expect(await readGate()).toMatchObject({ gate: 'closed', system_status: status });
      expect(new Set(requests)).toEqual(new Set(['GetSystemStatus']));
      expect(checks).toBeLessThanOrEqual(checksMax);
      expect(await sumAttempts()).toBe(0);

      simulator.setSystemStatus('OK');
      await gateIs('open');
      await expectComplete(await sync.end);
      expect(await sumAttempts()).toBe(0);
      const { rows } = await pool.query(`select from pipeline.extract_tasks where state = 'parked'`);
      expect(rows).toEqual([]);
      worker.signal('SIGTERM');
      await worker.end;
    },
  );

  it('lets work resume at half the concurrency', async () => {
    await stage.close();
    const latencyMs = 100;
    stage = await openStage(world, { latencyMs, pageSizeMax: 10 });
    const { simulator } = stage;
    const sync = startCli(['sync', '--json'], settings({ CONCURRENCY_PER_ACCOUNT: '4' }));
    await rowsLoaded(60);
    simulator.setSystemStatus('InMaintenance');
    await gateIs('closed');
    await sleep(500);
    simulator.setSystemStatus('OK');
    await gateIs('open');
    await expectComplete(await sync.end);
    const { opened_at: openedAt } = await readGate();
    const later = simulator.requests.filter(({ at }) => at.getTime() > (openedAt?.getTime() ?? 0) + 500);
    expect(later.length).toBeGreaterThan(10);
    expect(peakOf(later, latencyMs / 2)).toBeLessThanOrEqual(2);
  });

  it('closes the gate also when the status was asked a moment before: nothing is parked meanwhile', async () => {
    const { simulator, pool } = stage;
    simulator.setFaults([
      { match: { objectType: 'SentEvent' }, fault: { kind: 'soapFault', which: 'server-unknown' } },
    ]);
    const sync = startCli(['sync', '--json'], settings({ STATUS_POLL_SECONDS: '3', RETRY_BASE_MS: '100' }));
    await eventually('a check that says all is well', () => statusCalls() > 0 || undefined);
    await sleep(100);
    simulator.setSystemStatus('InMaintenance');
    await gateIs('closed');
    const { rows } = await pool.query(`select from pipeline.extract_tasks where state = 'parked'`);
    expect(rows).toEqual([]);
    simulator.setSystemStatus('OK');
    await expectComplete(await sync.end);
  });
});

/** Most requests that came within a span; each is in flight for longer than that. */
function peakOf(requests: readonly { readonly at: Date }[], spanMs: number): number {
  const starts = requests.map(({ at }) => at.getTime());
  return Math.max(
    ...starts.map((start) => starts.filter((other) => other >= start && other < start + spanMs).length),
  );
}

describe('a sync at a closed gate', () => {
  it('ends with exit code 4 and one clear line where it may not wait, and nothing is lost', async () => {
    const { simulator, env, pool } = stage;
    const sync = startCli(['sync'], { ...settings({ GATE_WAIT_MINUTES: '0', LOG_LEVEL: 'silent' }) });
    await rowsLoaded(60);
    simulator.setSystemStatus('InMaintenance');
    const end = await sync.end;

    expect(end.code).toBe(4);
    expect(end.stderr).toBe('');
    expect(end.stdout.split('\n')[0]).toMatch(
      /^sync \d+ Marketing Cloud is in maintenance or outage: nothing is lost/u,
    );
    const { rows } = await pool.query<{ outcome: string }>('select outcome from pipeline.runs');
    expect(rows).toEqual([{ outcome: 'source_unavailable' }]);

    const status = await runCli(['status'], env);
    const { closed_at: closedAt } = await readGate();
    const since = closedAt?.toISOString().slice(0, 16).replace('T', ' ') ?? 'never';
    expect(status.stdout).toContain(`Gate: CLOSED since ${since} UTC: Marketing Cloud reports InMaintenance`);
    expect(status.stdout).toMatch(/next check at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/u);

    simulator.setSystemStatus('OK');
    await expectComplete(await runCli(['sync', '--json'], settings()));
  });

  it('is waited out by a service, however long it takes', async () => {
    const { simulator } = stage;
    simulator.setSystemStatus('InMaintenance');
    const service = startCli(['serve'], settings({ GATE_WAIT_MINUTES: '0', SYNC_SCHEDULE: '*/2 * * * * *' }));
    await gateIs('closed');
    await eventually('checks', () => statusCalls() >= 3 || undefined);
    simulator.setSystemStatus('OK');
    await eventually('every event', async () => {
      const { sent, open, click } = await countRows(stage.pool);
      return sent + open + click === 6 * (counts.sent + counts.open + counts.click) || undefined;
    });
    service.signal('SIGTERM');
    expect((await service.end).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
  });
});

describe('GetSystemStatus', () => {
  it('that fails twice in a row closes the gate, and opens it with its first answer', async () => {
    const { simulator } = stage;
    const outage: FaultRule[] = [
      {
        match: { operation: 'Retrieve', objectType: 'OpenEvent' },
        times: -1,
        fault: { kind: 'http', status: 503 },
      },
      { match: { operation: 'GetSystemStatus' }, times: -1, fault: { kind: 'http', status: 503 } },
    ];
    simulator.setFaults(outage);
    const sync = startCli(['sync', '--json'], settings({ STATUS_POLL_SECONDS: '1' }));
    await gateIs('closed');
    expect(await readGate()).toMatchObject({ system_status: 'Unknown' });
    simulator.setFaults([]);
    await gateIs('open');
    await expectComplete(await sync.end);
  });

  it.each<[string, FaultRule['fault'], number]>([
    ['an ended token', { kind: 'soapFault', which: 'token-expired' }, 0],
    ['a request that is refused', { kind: 'error', text: "Invalid column name 'Bogus'." }, 1],
    ['a rate limit', { kind: 'http', status: 429, headers: { 'Retry-After': '0' } }, 0],
  ])('is not asked after %s', async (_what, fault, code) => {
    stage.simulator.setFaults([{ match: { objectType: 'ClickEvent' }, fault }]);
    const end = await runCli(['sync', '--json'], settings());

    expect(end.code).toBe(code);
    expect(statusCalls()).toBe(0);
  });
});
