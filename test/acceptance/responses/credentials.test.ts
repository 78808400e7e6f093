import { runCli, summaryOf } from '../../support/program/cli.ts';
import {
  accountId,
  listSend,
  openStage,
  otherAccountId,
  type Stage,
  worldOf,
} from '../../support/simulator.ts';
import { countRows, expectTablesEqualTruth } from '../../support/stored/truth.ts';

const counts = { sent: 40, open: 30, click: 10 };
let stage: Stage;

beforeEach(async () => {
  stage = await openStage(
    worldOf([listSend(101, { counts }), listSend(201, { accountId: otherAccountId, counts })]),
  );
});
afterEach(() => stage.close());

function tokenRequests(): number {
  return stage.simulator.requests.filter(({ operation }) => operation === 'token').length;
}

describe('credentials', () => {
  it('that are refused for every account halt the run: exit 3, the variables are named, nothing is asked again', async () => {
    const wrong = 'not-the-secret-of-this-package';
    const env = { ...stage.env, SFMC_CLIENT_SECRET: wrong, LOG_LEVEL: 'fatal' };
    // A process that has run other commands knows their secrets too, and would hide them.
    const end = await runCli(['sync'], env, { isOwnProcess: true });

    expect(end.code).toBe(3);
    const output = `${end.stdout}${end.stderr}`;
    expect(output).toMatch(/SFMC_CLIENT_ID.*SFMC_CLIENT_SECRET/u);
    expect(output).not.toContain(wrong);
    expect(output).not.toMatch(/^\s+at /mu);
    expect(tokenRequests()).toBe(2);
    expect(await countRows(stage.pool)).toEqual({ sent: 0, open: 0, click: 0 });
  });

  it('that are refused for one account of two leave the other complete, with exit 1', async () => {
    const stranger = 7_999_999;
    const env = { ...stage.env, SFMC_ACCOUNT_IDS: `${accountId},${stranger},${otherAccountId}` };
    const end = await runCli(['sync', '--json'], env);

    expect(end.code).toBe(1);
    expect(summaryOf(end)).toMatchObject({
      outcome: 'completed_with_problems',
      tasks: { done: 18, parked: 0 },
    });
    expect(tokenRequests()).toBe(3);
    await expectTablesEqualTruth(stage.pool, stage.world);
  });

  it('of a user in WS-Security extract as those of a package do, without the token service', async () => {
    const { SFMC_SOAP_URL, DATABASE_URL, ...others } = stage.env;
    const settings = Object.entries(others).filter(([name]) => !name.startsWith('SFMC_'));
    const env = {
      ...Object.fromEntries(settings),
      ...{ SFMC_SOAP_URL, DATABASE_URL, SFMC_ACCOUNT_IDS: String(accountId) },
      ...{ SFMC_USERNAME: 'simulator-user', SFMC_PASSWORD: 'simulator-password' },
    };
    const end = await runCli(['sync', '--json'], env);

    expect(end.code).toBe(0);
    expect(tokenRequests()).toBe(0);
    await expectTablesEqualTruth(stage.pool, stage.world, { accounts: [accountId] });
  });
});
