import type { FaultRule } from '../../../simulator/faults/faults.ts';
import {
  type BegunCli,
  beginCli,
  type CliEnd,
  runCli,
  startCli,
  summaryOf,
} from '../../support/program/cli.ts';
import { eventually } from '../../support/clock.ts';
import { listSend, openStage, type Stage, untilHeld, worldOf } from '../../support/simulator.ts';
import { countRows, expectTablesEqualTruth } from '../../support/stored/truth.ts';

const counts = { sent: 60, open: 45, click: 20 };
const world = worldOf(Array.from({ length: 3 }, (_, at) => listSend(800 + at, { counts })));
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
  const isSo = async () => (await readGate()).gate === state;
  return eventually(`a gate that is ${state}`, isSo, { pauseMsMax: 250 });
}

/** Starts a command and takes the source away after that number of Retrieves. */
async function startUntilOutage(
  args: readonly string[],
  env: Record<string, string>,
  { retrieves, status }: { retrieves: number; status: 'InMaintenance' | 'UnplannedOutage' },
): Promise<BegunCli> {
  const { simulator } = stage;
  const hold = simulator.holdAfter(retrieves);
  const command = beginCli(args, env);
  await untilHeld(hold, command);
  expect(statusCalls()).toBe(0);
  simulator.setSystemStatus(status);
  hold.release();
  return command;
}

function statusCalls(): number {
  return stage.simulator.requests.filter(({ operation }) => operation === 'GetSystemStatus').length;
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

/** Waits for status calls with nothing between them: no Retrieve leaves for some polls. */
async function onlyStatusCallsLeave(): Promise<void> {
  await gateIs('closed');
  await eventually('three status calls in a row', () => {
    // A process that starts meanwhile needs a token for its status call.
    const operations = stage.simulator.requests.map(({ operation }) => operation);
    const latest = operations.filter((operation) => operation !== 'token').slice(-3);
    return latest.every((operation) => operation === 'GetSystemStatus') && latest.length === 3;
  });
}

describe('maintenance in mid-run', () => {
  it.each(['InMaintenance', 'UnplannedOutage'] as const)(
    'reported as %s closes the gate for two processes: nothing but the scheduled status call leaves, and no try counts',
    async (status) => {
      const { simulator, pool } = stage;
      const worker = startCli(['worker'], settings());
      const beforeMs = Date.now();
      const sync = await startUntilOutage(['sync', '--json'], settings(), { retrieves: 20, status });
      await onlyStatusCallsLeave();

      expect(await readGate()).toMatchObject({ gate: 'closed', system_status: status });
      // However late calls arrive here, no more can have left since the run began.
      expect(statusCalls()).toBeLessThanOrEqual(1 + (Date.now() - beforeMs) / (pollSeconds * 1000));
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
    const { simulator } = stage;
    const settingsOfFour = settings({ CONCURRENCY_PER_ACCOUNT: '4' });
    const outage = { retrieves: 12, status: 'InMaintenance' } as const;
    const sync = await startUntilOutage(['sync', '--json'], settingsOfFour, outage);
    await gateIs('closed');
    simulator.setSystemStatus('OK');
    await gateIs('open');
    await expectComplete(await sync.end);
    const operations = simulator.requests.map(({ operation }) => operation);
    const later = simulator.requests.slice(operations.lastIndexOf('GetSystemStatus') + 1);
    const inFlight = later.map((request) => request.inFlight ?? 0);
    expect(inFlight.length).toBeGreaterThan(10);
    expect(Math.max(...inFlight)).toBeLessThanOrEqual(2);
  });

  it('closes the gate also when the status was asked a moment before: nothing is parked meanwhile', async () => {
    const { simulator, pool } = stage;
    simulator.setFaults([
      { match: { objectType: 'SentEvent' }, fault: { kind: 'soapFault', which: 'server-unknown' } },
    ]);
    const sync = beginCli(['sync', '--json'], settings({ STATUS_POLL_SECONDS: '3', RETRY_BASE_MS: '100' }));
    await eventually('a check that says all is well', () => statusCalls() > 0 || undefined);
    simulator.setSystemStatus('InMaintenance');
    await gateIs('closed');
    const { rows } = await pool.query(`select from pipeline.extract_tasks where state = 'parked'`);
    expect(rows).toEqual([]);
    simulator.setSystemStatus('OK');
    await expectComplete(await sync.end);
  });
});

describe('a sync at a closed gate', () => {
  it('ends with exit code 4 and one clear line where it may not wait, and nothing is lost', async () => {
    const { simulator, env, pool } = stage;
    const noWait = settings({ GATE_WAIT_MINUTES: '0', LOG_LEVEL: 'silent' });
    const outage = { retrieves: 12, status: 'InMaintenance' } as const;
    const sync = await startUntilOutage(['sync'], noWait, outage);
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
    const isAllThere = async () => {
      const { sent, open, click } = await countRows(stage.pool);
      return sent + open + click === world.jobs().length * (counts.sent + counts.open + counts.click);
    };
    await eventually('every event', isAllThere, { pauseMsMax: 250 });
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
    const sync = beginCli(['sync', '--json'], settings({ STATUS_POLL_SECONDS: '1' }));
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
