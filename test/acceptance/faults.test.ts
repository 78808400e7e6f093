import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultRule } from '../../simulator/faults/faults.ts';
import {
  type Fate,
  faultCases,
  forEver,
  pagePlaces,
  pageRule,
  statusCases,
  statusRules,
  tokenCases,
} from '../support/fault-cases.ts';
import { faultEvents, impatient, faultWorld, type SyncEnd, syncWith } from '../support/fault-run.ts';
import { FaultRecord, renderFaultPage } from '../support/fault-table.ts';
import { openStage, type Stage } from '../support/simulator.ts';
import { expectTablesEqualTruth } from '../support/truth.ts';

const record = new FaultRecord();
let stage: Stage;

beforeEach(async () => {
  stage = await openStage(faultWorld());
});
afterEach(() => stage.close());
afterAll(async () => {
  if (process.env['WRITE_FAULT_TABLE'] !== '1') return;
  const { readWithSdk } = await import('../support/fault-sdk.ts');
  const page = renderFaultPage(record, await readWithSdk());
  await writeFile(path.join(import.meta.dirname, '..', '..', 'docs', 'faults.md'), page);
}, 900_000);

/** A gate that is asked after a moment, so that a closed one opens again within the test. */
const quickGateMs = 200;
const quickGate = { STATUS_POLL_SECONDS: String(quickGateMs / 1000) };

/** No second check is due while a case lasts, however slow the machine is: checks are counted, not timed. */
const rareStatusChecks = { STATUS_POLL_SECONDS: '600' };

const exitCodes = { exact: 0, parked: 1, 'set aside': 1, waiting: 4, refused: 3, told: 1 } as const;

/** Nothing is lost behind a watermark, and what is missing can be seen where the exit code says so. */
async function expectFate(end: SyncEnd, fate: Fate): Promise<void> {
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

/** One sync under the rules, and where it did not bring all, another when they are gone. */
async function expectToRecover(
  row: string,
  rules: readonly FaultRule[],
  fate: Fate,
  settings: Readonly<Record<string, string>>,
): Promise<SyncEnd> {
  const end = await syncWith(stage, rules, settings);
  await expectFate(end, fate);
  const isOver = fate === 'exact' || fate === 'set aside';
  if (fate === 'waiting') await sleep(quickGateMs); // until the gate may be asked again
  const after = isOver ? undefined : await syncWith(stage, [], settings);
  if (after !== undefined) await expectFate(after, 'exact');
  record.add(row, { fate, end, after });
  return end;
}

const eachPage = faultCases.flatMap((one) => pagePlaces.map((page) => ({ ...one, page, one })));

describe('one page of 10,000 events', () => {
  it.each(eachPage)('answered by $name, the $page: $once', async ({ name, one, page }) => {
    const rules = [pageRule(one, page, 1)];
    const end = await expectToRecover(`${page}/${name}`, rules, one.once, impatient(one.fault));
    expect(end.requests.status).toBe(one.isStatusAsked ? 1 : 0);
  });
});

describe('every first page', () => {
  it.each(faultCases)('answered by $name for as long as it lasts: $stays', async (one) => {
    const rules = [pageRule(one, 'first', forEver)];
    const settings = { ...rareStatusChecks, ...impatient(one.fault) };
    const end = await expectToRecover(`stays/${one.name}`, rules, one.stays, settings);
    // Each window fails on its own, but over all of them the status is checked once in that time.
    expect(end.requests.status).toBe(one.isStatusAsked ? 1 : 0);
  });
});

describe('the list of jobs', () => {
  it.each(faultCases)('answered once by $name: $onceOnJobs', async (one) => {
    const rules = [{ match: { objectType: 'Send', page: 1 }, fault: one.fault }];
    await expectToRecover(`jobs/${one.name}`, rules, one.onceOnJobs, impatient(one.fault));
  });
});

describe('the token service', () => {
  it.each(tokenCases)('answering once by $name: $once', async ({ name, fault, once }) => {
    const rules = [{ match: { operation: 'token' as const }, fault }];
    await expectToRecover(`token/${name}`, rules, once, { ...quickGate, ...impatient(fault) });
  });

  it.each(tokenCases)(
    'answering by $name for as long as it lasts: $stays',
    async ({ name, fault, stays }) => {
      const rules = [{ match: { operation: 'token' as const }, times: forEver, fault }];
      await expectToRecover(`token-stays/${name}`, rules, stays, { ...quickGate, ...impatient(fault) });
    },
  );
});

describe('GetSystemStatus, asked about a fault on a page', () => {
  it.each(statusCases)('answering once by $name: $once', async (one) => {
    const settings = { ...quickGate, ...impatient(one.fault) };
    await expectToRecover(`status/${one.name}`, statusRules(one, 1), one.once, settings);
  });

  it.each(statusCases)('answering by $name for as long as it lasts: $stays', async (one) => {
    const settings = { ...quickGate, ...impatient(one.fault) };
    await expectToRecover(`status-stays/${one.name}`, statusRules(one, forEver), one.stays, settings);
  });
});

describe('a system status', () => {
  it.each(['InMaintenance', 'UnplannedOutage'] as const)(
    'of %s stops every other request and costs no try, and the next sync is exact',
    async (status) => {
      stage.simulator.setSystemStatus(status);
      const end = await syncWith(stage, [], quickGate);
      expect(end).toMatchObject({ exitCode: 4, loaded: 0, parked: 0, requests: { retrieve: 1 } });
      expect(end.reads).toContain(status);
      stage.simulator.setSystemStatus('OK');
      await sleep(quickGateMs);
      const after = await syncWith(stage, [], quickGate);
      await expectFate(after, 'exact');
      record.add(`system/${status}`, { fate: 'waiting', end, after });
    },
  );
});
