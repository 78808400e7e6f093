import { readFileSync } from 'node:fs';
import type { Fault } from '../../../simulator/faults/faults.ts';
import { type CliEnd, runCli, startCli } from '../../support/program/cli.ts';
import { listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const world = worldOf([listSend(630, { counts: { sent: 3000 } })]);
const args = ['sync', '--events', 'sent', '--json'];
/** Far below what any of these answers would need if it were held, far above what two runs differ by. */
const toleranceMegabytes = 120;
let stage: Stage;

beforeEach(async () => {
  stage = await openStage(world);
});
afterEach(() => stage.close());

/** A sync as a process, and the most memory it ever had. */
async function measure(settings: Readonly<Record<string, string>>): Promise<CliEnd & { megabytes: number }> {
  const child = startCli(args, { ...stage.env, ...settings });
  let megabytes = 0;
  const watching = setInterval(() => {
    megabytes = Math.max(megabytes, peakMegabytes(child.pid));
  }, 25);
  const end = await child.end;
  clearInterval(watching);
  return { ...end, megabytes };
}

/** The high-water mark, which a look from time to time cannot miss. */
function peakMegabytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0; // it has ended
  }
}

const clean = { megabytes: 0 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('the memory of a sync', () => {
  it('without a fault is the measure of the following', async () => {
    const { code, megabytes } = await measure({});
    expect(code).toBe(0);
    expect(megabytes).toBeGreaterThan(20);
    clean.megabytes = megabytes;
  });

  const hostile: readonly (readonly [string, Fault])[] = [
    ['a text of 200 MB', { kind: 'huge-text', megabytes: 200 }],
    ['a million nested elements', { kind: 'deep-nesting', levels: 1_000_000 }],
    ['entities that would expand to gigabytes', { kind: 'doctype' }],
    ['the same page without end', { kind: 'endless-more' }],
    ['a byte now and then', { kind: 'drip', intervalMs: 50 }],
  ];

  it.each(hostile)('stays where it is at %s, and all events arrive', async (_answer, fault) => {
    stage.simulator.setFaults([{ match: { objectType: 'SentEvent', page: 1 }, times: 2, fault }]);
    const seconds = fault.kind === 'drip' ? '1' : '60';
    const end = await measure({ REQUEST_TIMEOUT_SECONDS: seconds });

    expect(end.code).toBe(0);
    expect(end.megabytes).toBeLessThan(clean.megabytes + toleranceMegabytes);
    await expectTablesEqualTruth(stage.pool, world, { types: ['sent'] });
  });
});

describe('a document type declaration', () => {
  it('is refused, and none of its entities reaches a table', async () => {
    stage.simulator.setFaults([
      { match: { objectType: 'SentEvent' }, times: -1, fault: { kind: 'doctype' } },
    ]);
    const end = await runCli(args, stage.env);

    expect([end.code, end.stderr]).toEqual([1, expect.stringContaining('a document type declaration')]);
    const { rows } = await stage.pool.query('select from tracking.sent_events');
    expect(rows).toEqual([]);
  });
});

describe('a token answer that points to another host', () => {
  const foreign = 'https://mc.soap.marketingcloudapis.com.example.com/';
  const rules = [
    {
      match: { operation: 'token' as const },
      times: -1,
      fault: { kind: 'bad-soap-instance-url' as const, url: foreign },
    },
  ];

  it('is refused in one line before the token leaves, where the business unit is asked for first', async () => {
    stage.simulator.setFaults(rules);
    const env = Object.entries(stage.env).filter(([name]) => !/^SFMC_(ACCOUNT_IDS|SOAP_URL)$/.test(name));
    const { code, stdout, stderr } = await runCli(args, Object.fromEntries(env));

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(
      /^sfmc-tracking: The token response points to .* the token was not sent there.*\n$/,
    );
  });

  it('is refused for each business unit, and the run says so', async () => {
    stage.simulator.setFaults(rules);
    const { code, stdout } = await runCli(['sync'], stage.env);

    expect(code).toBe(1);
    const refusals = stdout.match(
      /^account 7000001: RESPONSE_MALFORMED: .*: The token response points to/gmu,
    );
    expect(refusals).toHaveLength(1);
    expect(stage.simulator.requests.every(({ operation }) => operation === 'token')).toBe(true);
  });
});
