import { faultCases, type PagePlace, pageRule } from './cases.ts';
import { faultEvents, shortTimeouts } from './run-sync.ts';
import { useFaultStage } from './stage.ts';

/** Puts each fault once on that page of the first window. */
export function testPageOnce(place: PagePlace): void {
  describe(`the ${place} page of ${faultEvents.toLocaleString('en-US')} events`, () => {
    const faults = useFaultStage(place);

    it.each(faultCases)('meets $name once: $once', async (one) => {
      const rules = [pageRule(one, place, 1)];
      const end = await faults.recover(one.name, rules, one.once, shortTimeouts(one.fault));
      expect(end.requests.status).toBe(one.isStatusAsked ? 1 : 0);
    });
  });
}
