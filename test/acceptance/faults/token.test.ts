import { forEver, tokenCases } from '../../support/faults/cases.ts';
import { shortTimeouts } from '../../support/faults/run-sync.ts';
import { quickGate, useFaultStage } from '../../support/faults/stage.ts';

const match = { operation: 'token' } as const;

describe('the token service', () => {
  const faults = useFaultStage('token');

  it.each(tokenCases)('meets $name once: $once', async ({ name, fault, once }) => {
    await faults.recover(name, [{ match, fault }], once, { ...quickGate, ...shortTimeouts(fault) });
  });
});

describe('the token service, every time', () => {
  const faults = useFaultStage('every-token');

  it.each(tokenCases)('meets $name without end: $stays', async ({ name, fault, stays }) => {
    const rules = [{ match, times: forEver, fault }];
    await faults.recover(name, rules, stays, { ...quickGate, ...shortTimeouts(fault) });
  });
});
