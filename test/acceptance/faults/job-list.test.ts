import { faultCases } from '../../support/faults/cases.ts';
import { shortTimeouts } from '../../support/faults/run-sync.ts';
import { useFaultStage } from '../../support/faults/stage.ts';

describe('the list of jobs', () => {
  const faults = useFaultStage('job-list');

  it.each(faultCases)('meets $name once: $onceOnJobs', async (one) => {
    const rules = [{ match: { objectType: 'Send', page: 1 }, fault: one.fault }];
    await faults.recover(one.name, rules, one.onceOnJobs, shortTimeouts(one.fault));
  });
});
