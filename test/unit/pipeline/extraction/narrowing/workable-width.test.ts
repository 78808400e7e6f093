import fc from 'fast-check';
import { WidthSearch } from '../../../../../src/pipeline/extraction/narrowing/workable-width.ts';

/** Searches where every window longer than `limit` seconds times out; returns what was tried. */
function search(
  failing: number,
  limit: number,
  guess?: number,
): { tried: number[]; works: number | undefined } {
  const widths = new WidthSearch(failing, guess);
  const tried: number[] = [];
  for (let width = widths.next(); width !== undefined; width = widths.next()) {
    tried.push(width);
    widths.note(width, width > limit);
    if (tried.length > 100) throw new Error(`no end: ${tried.join(', ')}`);
  }
  return { tried, works: widths.bounds.works };
}

const days = (count: number) => count * 24 * 60 * 60;

describe('the search for a width that works', () => {
  it.each([[60], [3600], [days(1)], [days(7)], [days(30)], [days(730)]])(
    'ends after about a dozen requests, the last for one second, where a window of %i s times out at every width',
    (failing) => {
      const { tried, works } = search(failing, 0);
      expect(works).toBeUndefined();
      expect(tried.at(-1)).toBe(1);
      expect(tried.length).toBeLessThanOrEqual(12);
    },
  );

  it('begins with a quarter, and finds windows of up to 20 minutes', () => {
    const { tried, works } = search(days(3), 1200);
    expect(tried[0]).toBe(days(3) / 4);
    expect(tried.length).toBeLessThanOrEqual(9);
    expect(works).toBeGreaterThan(1200 / 1.25);
    expect(works).toBeLessThanOrEqual(1200);
  });

  it('tries a guess first', () => {
    expect(search(days(3), 1200, 1000).tried[0]).toBe(1000);
    expect(search(days(3), 1200, days(4)).tried[0]).toBe(days(3) / 4);
  });

  it('finds the widest that works, to within a quarter, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: days(730) }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.option(fc.integer({ min: 1, max: days(730) }), { nil: undefined }),
        (failing, share, guess) => {
          const limit = Math.max(1, Math.floor((failing - 1) * share));
          const { tried, works } = search(failing, limit, guess);
          expect(works).toBeDefined();
          expect(works ?? 0).toBeLessThanOrEqual(limit);
          expect(limit).toBeLessThanOrEqual(Math.max((works ?? 0) + 1, (works ?? 0) * 1.25));
          expect(new Set(tried).size).toBe(tried.length);
          expect(tried.length).toBeLessThanOrEqual(24);
        },
      ),
    );
  });
});
