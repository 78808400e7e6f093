import { forEver, outageRules, statusCases, statusRules } from '../../support/faults/cases.ts';
import { shortTimeouts, syncWith } from '../../support/faults/run-sync.ts';
import { quickGate, useFaultStage } from '../../support/faults/stage.ts';

describe('GetSystemStatus, asked because of a fault on a page', () => {
  const faults = useFaultStage('system-status');

  it.each(statusCases)('meets $name once: $once', async (one) => {
    const settings = { ...quickGate, ...shortTimeouts(one.fault) };
    await faults.recover(one.name, statusRules(one, 1), one.once, settings);
  });
});

describe('GetSystemStatus, every time', () => {
  const faults = useFaultStage('every-system-status');

  it.each(statusCases)('meets $name without end: $stays', async (one) => {
    const settings = { ...quickGate, ...shortTimeouts(one.fault) };
    const rules = one.stays === 'waiting' ? outageRules(one) : statusRules(one, forEver);
    await faults.recover(one.name, rules, one.stays, settings);
  });
});

describe('a system status', () => {
  const faults = useFaultStage('outage');

  it.each(['InMaintenance', 'UnplannedOutage'] as const)(
    'of %s stops every other request and costs no try, and the next sync is exact',
    async (status) => {
      const stage = faults.stage();
      const { simulator } = stage;
      simulator.setSystemStatus(status);
      const end = await syncWith(stage, [], quickGate);
      expect(end).toMatchObject({ exitCode: 4, loaded: 0, parked: 0, requests: { retrieve: 1 } });
      expect(end.reads).toContain(status);
      simulator.setSystemStatus('OK');
      await faults.waitForGate();
      const after = await syncWith(stage, [], quickGate);
      await faults.expectFate(after, 'exact');
      faults.record(status, 'waiting', end, after);
    },
  );
});
