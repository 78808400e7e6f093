import { runCli, summaryOf } from '../../support/program/cli.ts';
import {
  accountId,
  listSend,
  openStage,
  otherAccountId,
  type Stage,
  worldOf,
} from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';
import { startWebhook } from '../../support/outside/webhook.ts';

const counts = { sent: 60, open: 40, click: 20 };
const accountIds = [accountId, otherAccountId];
const world = worldOf(
  accountIds.flatMap((id) => [1, 2, 3].map((job) => listSend(job, { accountId: id, counts }))),
);
let stage: Stage;
beforeEach(async () => {
  stage = await openStage(world, { latencyMs: 5, pageSizeMax: 20 });
});
afterEach(() => stage.close());

/** What the simulator received, and what was counted, by account and kind. */
async function countedAndReceived() {
  const { rows } = await stage.pool.query<{ key: string; requests: number }>(
    `select account_id || ' ' || kind as key, sum(requests)::int as requests
     from pipeline.request_days group by 1 order by 1`,
  );
  const groups = Map.groupBy(
    stage.simulator.requests,
    ({ accountId: id, operation }) => `${id ?? ''} ${operation}`,
  );
  const received = [...groups].map(([key, group]) => ({ key, requests: group.length }));
  return { counted: rows, received: received.toSorted((one, other) => (one.key < other.key ? -1 : 1)) };
}

describe('a run of many tasks on four slots', () => {
  it('requests one token for each account, and every request is counted', async () => {
    const end = await runCli(['sync', '--json'], { ...stage.env, CONCURRENCY_PER_ACCOUNT: '4' });
    expect(end.code).toBe(0);
    expect(summaryOf(end).tasks.done).toBeGreaterThan(18);
    const { counted, received } = await countedAndReceived();
    expect(counted).toEqual(received);
    expect(counted.filter(({ key }) => key.endsWith(' token'))).toEqual(
      accountIds.map((id) => ({ key: `${id} token`, requests: 1 })),
    );
    await expectTablesEqualTruth(stage.pool, world);
  });

  it('counts what failed, what was repeated, renewed tokens and status calls', async () => {
    stage.simulator.setFaults([
      { match: { objectType: 'OpenEvent' }, times: 2, fault: { kind: 'soapFault', which: 'server-unknown' } },
      { match: { objectType: 'ClickEvent' }, fault: { kind: 'soapFault', which: 'token-expired' } },
      { match: { objectType: 'SentEvent', page: 1 }, fault: { kind: 'reset-mid-body' } },
    ]);
    expect((await runCli(['sync'], stage.env)).code).toBe(0);
    const { counted, received } = await countedAndReceived();
    expect(counted).toEqual(received);
    expect(counted.some(({ key }) => key.endsWith(' GetSystemStatus'))).toBe(true);
  });
});

describe('the yearly allowance', () => {
  it('is in status and its JSON, and people are alerted once at 80 % and once when that is over', async () => {
    const webhook = await startWebhook();
    try {
      const env = { ...stage.env, ALERT_WEBHOOK_URL: webhook.url, YEARLY_API_CALLS: '10' };
      expect((await runCli(['sync'], env)).code).toBe(0);
      expect((await runCli(['sync'], env)).code).toBe(0);
      expect(webhook.texts).toHaveLength(1);
      expect(webhook.texts[0]).toMatch(
        /^ALERT: Requests: \d+ today, \d+\.\d % of the yearly allowance used/mu,
      );
      const text = (await runCli(['status'], env)).stdout;
      expect(text).toMatch(/^Requests: \d+ today, .* of 10 since \d{4}-\d\d-\d\d\)\.$/mu);
      const report: unknown = JSON.parse((await runCli(['status', '--json'], env)).stdout);
      const requestsInYear = stage.simulator.requests.length;
      expect(report).toMatchObject({
        allowance: { yearlyCalls: 10, requestsInYear, share: requestsInYear / 10 },
      });

      expect((await runCli(['sync'], { ...env, YEARLY_API_CALLS: '1000000' })).code).toBe(0);
      expect(webhook.texts).toHaveLength(2);
      expect(webhook.texts[1]).toMatch(/^Over: Requests: /mu);
    } finally {
      await webhook.close();
    }
  });
});

describe('an account that was asked to slow down, or whose Retrieve timed out', () => {
  const overRate = { kind: 'soapFault', which: 'rate-limited' } as const;
  const timedOut = { kind: 'error', text: 'Error: Timeout expired.  The timeout period elapsed.' } as const;

  it.each([
    ['RATE_LIMITED', overRate],
    ['RETRIEVE_TIMED_OUT', timedOut],
  ] as const)(
    'has half of its slots for %s, which status says; the other account has all',
    async (code, fault) => {
      const match = { accountId, objectType: 'OpenEvent' };
      stage.simulator.setFaults([{ match, times: 1, fault }]);
      const end = await runCli(['sync', '--json'], { ...stage.env, CONCURRENCY_PER_ACCOUNT: '4' });
      expect(end.code).toBe(0);
      const { rows } = await stage.pool.query(
        `select account_id as id, slots_reduced_to as slots, slots_reduced_from as of, slots_reduced_by as code
       from pipeline.accounts order by account_id`,
      );
      expect(rows).toEqual([
        { id: accountId, slots: 2, of: 4, code },
        { id: otherAccountId, slots: null, of: null, code: null },
      ]);
      expect((await runCli(['status'], stage.env)).stdout).toContain(
        `Account Example (${accountId}): 2 of 4 Retrieves at once, since `,
      );
      await expectTablesEqualTruth(stage.pool, world);
    },
  );
});
