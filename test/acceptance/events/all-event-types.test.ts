import { simulatedEventTypes } from '../../../simulator/world/truth.ts';
import { runCli, summaryOf } from '../../support/program/cli.ts';
import { accountId, listSend, openStage, retrievesOf, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const counts = {
  ...{ sent: 200, open: 120, click: 40, bounce: 20, unsub: 6 },
  ...{ not_sent: 15, forward: 5, forward_opt_in: 4, survey: 12 },
};
const absent = ['survey', 'forward', 'forward_opt_in'] as const;
let stage: Stage;

beforeAll(async () => {
  const triggered = { kind: 'triggered', sentAt: null } as const;
  stage = await openStage(worldOf([listSend(101, { counts }), listSend(102, { ...triggered, counts })]));
  stage.world.changeFeatures(absent);
});
afterAll(() => stage.close());

const surveysRequested = (): number => retrievesOf(stage.simulator, 'SurveyEvent').length;

async function sync(): Promise<{ code: number | null; stderr: string; outcome: string }> {
  const end = await runCli(['sync', '--json'], { ...stage.env, EVENT_TYPES: 'all' });
  return { ...end, outcome: summaryOf(end).outcome };
}

async function countUnsettled(): Promise<number> {
  const { rows } = await stage.pool.query<{ count: number }>(
    `select count(*)::int as count from pipeline.extract_tasks where state <> 'done' and state <> 'skipped'`,
  );
  return rows[0]?.count ?? 0;
}

describe('a sync of all event types in an account without surveys and forwards', () => {
  it('loads the others as they happened, notes each of the three once, and parks nothing', async () => {
    const { code, stderr, outcome } = await sync();
    expect([code, outcome, await countUnsettled()]).toEqual([0, 'completed', 0]);
    const types = simulatedEventTypes.filter((type) => !absent.some((one) => one === type));
    await expectTablesEqualTruth(stage.pool, stage.world, { types });
    expect(stderr.match(/event type not available/g)).toHaveLength(3);
  });

  it('shows them as not available, and not as missing', async () => {
    const { stdout } = await runCli(['status'], stage.env);
    for (const type of absent) {
      expect(stdout).toMatch(
        new RegExp(
          `Not available in account Example \\(${accountId}\\): ${type}, requested again from 20[-0-9]+ `,
        ),
      );
    }
    expect(stdout).toContain(' for 6 event types, no holes.');
  });

  it('does not request them in the next nights', async () => {
    const before = surveysRequested();
    const { code, stderr } = await sync();
    expect([code, stderr, surveysRequested()]).toEqual([0, '', before]);
  });

  it('requests them again after thirty days, and notes it when nothing has changed', async () => {
    const { rowCount } = await stage.pool.query(
      `update pipeline.unavailable_event_types set ask_again_at = ask_again_at - interval '30 days'
       where ask_again_at > now() + interval '29 days'`,
    );
    const before = surveysRequested();
    const { code, stderr } = await sync();
    expect([rowCount, code, await countUnsettled()]).toEqual([3, 0, 0]);
    expect(surveysRequested()).toBeGreaterThan(before);
    expect(stderr.match(/event type not available/g)).toHaveLength(3);
  });

  it('loads them from the first event on once the account has the features and a person says so', async () => {
    stage.world.changeFeatures([]);
    await runCli(['tasks', 'retry', '--all'], stage.env);
    const { code } = await sync();
    expect([code, await countUnsettled()]).toEqual([0, 0]);
    await expectTablesEqualTruth(stage.pool, stage.world, { types: simulatedEventTypes });
    const { stdout } = await runCli(['status'], stage.env);
    expect(stdout).not.toContain('Not available');
  });
});
