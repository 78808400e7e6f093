import { startSimulator, type SimulatorOptions } from '../../../../simulator/http/server.ts';
import { sent } from '../../../../src/events/sent.ts';
import { createAccountClient } from '../../../../src/marketing-cloud/account-client.ts';
import { probePaging } from '../../../../src/pipeline/extraction/probe-paging.ts';
import { findReplayableAccounts, openAccount, recordCursorFinding } from '../../../../src/store/accounts.ts';
import { createPool } from '../../../../src/store/pool.ts';
import { createTestDatabase } from '../../../support/database.ts';
import { accountId, listSend, worldOf } from '../../../support/simulator.ts';

const jobId = 620;

async function probe(options: SimulatorOptions, events = 40) {
  const world = worldOf([listSend(jobId, { counts: { sent: events } })]);
  const simulator = await startSimulator({ world, ...options });
  const account = createAccountClient({
    auth: {
      kind: 'oauth',
      authUrl: simulator.url,
      clientId: 'simulator-client-id',
      clientSecret: 'simulator-client-secret',
    },
    accountId,
    requestTimeoutMs: 10_000,
    admission: { admit: () => Promise.resolve() },
    now: () => new Date(),
  });
  const from = world.jobs(accountId)[0]?.createdAt ?? new Date(0);
  const span = { jobId, window: { from, to: new Date() } };
  try {
    const finding = await probePaging(account, { definition: sent, span }, new AbortController().signal);
    const made = simulator.requests.filter(({ operation }) => operation === 'Retrieve').length;
    return { ...finding, made };
  } finally {
    await account.close();
    await simulator.stop();
  }
}

describe('the paging probe', () => {
  it('finds cursors that repeat a page and then go on, in four requests', async () => {
    expect(await probe({ requestIds: 'new', resentContinue: 'repeats' })).toEqual({
      ...{ isReplayable: true, areRequestIdsNew: true, isPageRepeated: true },
      ...{ requests: 4, made: 4 },
    });
  });

  it.each([
    ['one RequestID serves all pages', { requestIds: 'same' }, false, 2],
    ['a repeated request skips a page', { requestIds: 'new', resentContinue: 'skips' }, true, 3],
    ['a repeated request is refused', { requestIds: 'new', resentContinue: 'fails' }, true, 3],
  ] as const)('does not trust cursors where %s', async (_hazard, options, areRequestIdsNew, requests) => {
    expect(await probe(options)).toEqual({
      ...{ isReplayable: false, areRequestIdsNew, isPageRepeated: false },
      ...{ requests, made: requests },
    });
  });

  it.each([0, 3, 8])(
    'claims nothing of a job with %i events: there is no second page to go on from',
    async (events) => {
      expect(await probe({ requestIds: 'new', resentContinue: 'repeats' }, events)).toMatchObject({
        isReplayable: undefined,
      });
    },
  );

  it('fails with the failure itself where it cannot ask at all', async () => {
    const fault = { kind: 'http', status: 503 } as const;
    await expect(
      probe({ requestIds: 'new', faults: [{ match: { page: 2 }, times: 9, fault }] }),
    ).rejects.toMatchObject({
      code: 'TRANSPORT_FAILED',
    });
  });
});

describe('what is known of an account’s cursors', () => {
  it('is kept, replaced by the next finding, and believed for 30 days', async () => {
    const database = await createTestDatabase();
    const pool = createPool({ databaseUrl: database.url, connectionsMax: 1, applicationName: 'test' });
    try {
      await openAccount(pool, accountId, false);
      expect(await findReplayableAccounts(pool)).toEqual([]);
      await recordCursorFinding(pool, accountId, true);
      expect(await findReplayableAccounts(pool)).toEqual([accountId]);
      await recordCursorFinding(pool, accountId, false);
      expect(await findReplayableAccounts(pool)).toEqual([]);
      await recordCursorFinding(pool, accountId, true);
      await pool.query(`update pipeline.accounts set cursor_probed_at = now() - interval '30 days 1 second'`);
      expect(await findReplayableAccounts(pool)).toEqual([]);
    } finally {
      await pool.end();
      await database.drop();
    }
  });
});
