import { runCli, summaryOf } from '../../support/program/cli.ts';
import { syncToEnd } from '../../support/program/in-process-cli.ts';
import {
  accountId,
  eventOf,
  listSend,
  openStage,
  otherAccountId,
  type Stage,
  worldOf,
} from '../../support/simulator.ts';
import { countRows, expectTablesEqualTruth } from '../../support/stored/truth.ts';

const counts = { sent: 30, open: 20, click: 10 };
let stage: Stage;
afterEach(() => stage.close());

async function open(accountIds: readonly number[] = [accountId]): Promise<void> {
  stage = await openStage(worldOf(accountIds.map((id, at) => listSend(at + 1, { accountId: id, counts }))));
}

/** Events of the job whose Client.ID names another business unit. */
function addForeign(events: number): void {
  const foreign = Array.from({ length: events }, (_, at) =>
    eventOf(1, {
      subscriberKey: `foreign-${at}@example.com`,
      properties: { 'Client.ID': String(otherAccountId) },
    }),
  );
  stage.world.addEvents('open', foreign);
}

describe('records whose Client.ID is not the requested business unit', () => {
  it('are rejected, and from ten on the summary says whose they are', async () => {
    await open();
    addForeign(10);
    const end = await syncToEnd(stage.env);
    expect(end.code).toBe(1);
    expect(summaryOf(end).events['open']).toEqual({ records: 30, inserted: 20, rejected: 10 });
    expect(summaryOf(end)).toMatchObject({
      problems: [
        {
          accountId,
          code: 'RECORD_UNREADABLE',
          message:
            '10 records belong to other business units and were rejected: name their MIDs in SFMC_ACCOUNT_IDS',
        },
      ],
    });
    const { rows } = await stage.pool.query(
      'select distinct account_id as id from tracking.open_events order by 1',
    );
    expect(rows).toEqual([{ id: accountId }]);
  });

  it('are a matter of `rejected` alone where they are few', async () => {
    await open();
    addForeign(9);
    const end = await syncToEnd(stage.env);
    expect(end.code).toBe(1);
    expect(summaryOf(end)).toMatchObject({ problems: [] });
    expect((await runCli(['rejected'], stage.env)).stdout).toContain(
      'Client.ID is not the requested business unit',
    );
  });
});

describe('many business units', () => {
  const accountIds = Array.from({ length: 12 }, (_, at) => accountId + at);

  it('are read in one run; one that fails does not stop the others, and people see their names', async () => {
    await open(accountIds);
    const [failing = 0, ...others] = accountIds;
    const text = 'Error: API Permission Failed';
    stage.simulator.setFaults([
      { match: { accountId: failing, objectType: 'OpenEvent' }, times: -1, fault: { kind: 'error', text } },
    ]);
    const env = { ...stage.env, SFMC_ACCOUNT_IDS: accountIds.join() };
    const end = await syncToEnd(env);
    expect(end.code).toBe(1);
    expect(summaryOf(end)).toMatchObject({ accounts: accountIds, tasks: { parked: 1 } });
    await expectTablesEqualTruth(stage.pool, stage.world, { accounts: others });

    await stage.pool.query(
      `insert into tracking.business_units (account_id, name) values ($1, 'Acme Germany')
       on conflict (account_id) do update set name = excluded.name`,
      [failing],
    );
    const shown = [['status'], ['tasks'], ['accounts']].map((args) => runCli(args, env));
    for (const { stdout } of await Promise.all(shown)) expect(stdout).toContain('Acme Germany');
    expect((await runCli(['tasks'], env)).stdout).toContain(`Business units: Acme Germany (${failing})`);
  });

  it('that are retired leave status and alarms, and what they have stays', async () => {
    await open([accountId, otherAccountId]);
    expect((await runCli(['sync'], stage.env)).code).toBe(0);
    const before = await countRows(stage.pool);
    expect((await runCli(['accounts', 'retire', String(otherAccountId)], stage.env)).code).toBe(0);
    const only = { ...stage.env, SFMC_ACCOUNT_IDS: String(accountId) };
    expect((await runCli(['sync'], only)).code).toBe(0);
    const { stdout } = await runCli(['status'], only);
    expect(stdout).not.toContain(String(otherAccountId));
    expect(await countRows(stage.pool)).toEqual(before);
  });
});
