import type { FaultRule } from '../../../simulator/faults/faults.ts';
import { ago, dayMs, eventually } from '../../support/clock.ts';
import { runCli, startCli, summaryOf } from '../../support/program/cli.ts';
import { listSend, openStage, otherAccountId, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const parkingJob = 701;
const hangingJob = 702;
const counts = { sent: 40, open: 25, click: 10 };
const backfill = ['backfill', '--from', ago(3 * dayMs).toISOString(), '--to', new Date().toISOString()];

const hang = { kind: 'hang' } as const;
/** Keeps the first backfill from ending. */
const hangingOpens: FaultRule = {
  match: { objectType: 'OpenEvent', jobId: hangingJob },
  times: -1,
  fault: hang,
};
let stage: Stage | undefined;

afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

/** Begins a backfill between these faults, ends it once the ledger says so, and gives it again without faults. */
async function interruptAndContinue(faults: readonly FaultRule[], isReached: string) {
  const jobs = [
    listSend(parkingJob, { counts }),
    listSend(hangingJob, { counts }),
    listSend(801, { accountId: otherAccountId, counts }),
  ];
  stage = await openStage(worldOf(jobs), { faults });
  const { simulator, pool } = stage;
  const env = { ...stage.env, REQUEST_TIMEOUT_SECONDS: '4' };
  const first = startCli([...backfill, '--json'], env);
  await eventually(`in the ledger: ${isReached}`, async () => {
    const { rowCount } = await pool.query(`select from pipeline.extract_tasks where ${isReached}`);
    return rowCount !== 0;
  });
  first.signal('SIGTERM');
  expect((await first.end).code).toBe(130);
  simulator.setFaults([]);
  const second = await runCli([...backfill, '--json'], env);
  return { stage, second };
}

describe('a backfill that is interrupted and given again', () => {
  it('reads the accounts that were not planned yet', async () => {
    const faults: FaultRule[] = [
      hangingOpens,
      { match: { objectType: 'Send', accountId: otherAccountId }, times: -1, fault: hang },
    ];
    const { stage, second } = await interruptAndContinue(
      faults,
      `kind = 'events' and account_id <> ${otherAccountId} and state = 'running'`,
    );
    expect(summaryOf(second)).toMatchObject({ outcome: 'completed' });
    await expectTablesEqualTruth(stage.pool, stage.world);
    expect(second.code).toBe(0);
  });

  it('tries again what was parked: its end says that all is in', async () => {
    const faults: FaultRule[] = [
      hangingOpens,
      {
        match: { objectType: 'OpenEvent', jobId: parkingJob },
        times: -1,
        fault: { kind: 'error', text: 'Error: Something that nobody knows' },
      },
    ];
    const { stage, second } = await interruptAndContinue(faults, `kind = 'events' and state = 'parked'`);
    expect(summaryOf(second)).toMatchObject({ outcome: 'completed', tasks: { parked: 0 } });
    await expectTablesEqualTruth(stage.pool, stage.world);
    expect(second.code).toBe(0);
  });
});
