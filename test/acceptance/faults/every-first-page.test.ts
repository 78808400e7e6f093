import { faultCases, forEver, pageRule } from '../../support/faults/cases.ts';
import { shortTimeouts } from '../../support/faults/run-sync.ts';
import { useFaultStage } from '../../support/faults/stage.ts';

describe('every first page', () => {
  const faults = useFaultStage('every-first-page');

  it.each(faultCases)('meets $name without end: $stays', async (one) => {
    const rules = [pageRule(one, 'first', forEver)];
    const end = await faults.recover(one.name, rules, one.stays, shortTimeouts(one.fault));
    // Each window fails on its own, but over all of them the status is checked at most once.
    expect(end.requests.status).toBe(one.isStatusAsked ? 1 : 0);
  });
});
