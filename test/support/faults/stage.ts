import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultRule } from '../../../simulator/faults/faults.ts';
import { openStage, type Stage } from '../simulator.ts';
import { expectTablesEqualTruth } from '../stored/truth.ts';
import type { Fate } from './cases.ts';
import { FaultRecord, type SyncEnd } from './record.ts';
import { faultEvents, faultWorld, longTimeouts, syncWith } from './run-sync.ts';

/** A gate that may be checked again after this time, so that a closed one opens within the test. */
const quickGateMs = 200;
export const quickGate = { STATUS_POLL_SECONDS: String(quickGateMs / 1000) };

const exitCodes = { exact: 0, parked: 1, 'set aside': 1, waiting: 4, refused: 3, reported: 1 } as const;

export interface FaultStage {
  readonly stage: () => Stage;
  /** One sync under the rules, and where it did not load everything, another one without them. */
  recover(
    name: string,
    rules: readonly FaultRule[],
    fate: Fate,
    settings: Readonly<Record<string, string>>,
  ): Promise<SyncEnd>;
  expectFate(end: SyncEnd, fate: Fate): Promise<void>;
  waitForGate(): Promise<void>;
  record(name: string, fate: Fate, end: SyncEnd, after: SyncEnd | undefined): void;
}

/**
 * A new world and database for each case of a test file, whose results are kept where FAULT_RESULTS_DIR names
 * a folder.
 */
export function useFaultStage(section: string): FaultStage {
  const results = new FaultRecord();
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(faultWorld());
    // As after an earlier sync; what an address that never responded leads to is tested with the settings.
    await stage.pool.query('insert into pipeline.endpoints (origin) values ($1)', [stage.simulator.url]);
  });
  afterEach(() => stage.close());
  afterAll(() => {
    const dir = process.env['FAULT_RESULTS_DIR'];
    if (dir !== undefined) results.save(dir, section);
  });
  const faultStage: FaultStage = {
    stage: () => stage,
    recover: async (name, rules, fate, settings) => {
      const end = await syncWith(stage, rules, settings);
      await expectFate(stage, end, fate);
      const isOver = fate === 'exact' || fate === 'set aside';
      if (fate === 'waiting') await faultStage.waitForGate();
      const after = isOver ? undefined : await syncWith(stage, [], { ...settings, ...longTimeouts });
      if (after !== undefined) await expectFate(stage, after, 'exact');
      faultStage.record(name, fate, end, after);
      return end;
    },
    expectFate: (end, fate) => expectFate(stage, end, fate),
    waitForGate: () => sleep(quickGateMs),
    record: (name, fate, end, after) => {
      results.add(`${section}/${name}`, { fate, end, ...(after === undefined ? {} : { after }) });
    },
  };
  return faultStage;
}

/** Nothing is lost behind a watermark, and what is missing can be seen where the exit code says so. */
async function expectFate(stage: Stage, end: SyncEnd, fate: Fate): Promise<void> {
  const unread = fate === 'set aside' ? end.rejected : 0;
  expect({ ...end, fate }).toMatchObject({ exitCode: exitCodes[fate], lostBehindWatermark: unread });
  if (fate === 'exact') {
    expect(end).toMatchObject({ loaded: faultEvents, parked: 0 });
    await expectTablesEqualTruth(stage.pool, stage.world);
  } else if (fate === 'parked') {
    expect([end.parked > 0, end.reads]).toEqual([true, expect.stringContaining('task parked: ')]);
  } else if (fate === 'set aside') {
    expect([end.rejected > 0, end.parked]).toEqual([true, 0]);
    expect(end.loaded + end.rejected).toBe(faultEvents);
  } else {
    expect(end.reads).not.toBe('');
  }
}
