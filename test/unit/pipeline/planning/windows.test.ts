import fc from 'fast-check';
import {
  createWindow,
  cutWindow,
  halveScope,
  subtractSpans,
} from '../../../../src/pipeline/planning/windows.ts';
import type { Window } from '../../../../src/store/ledger/task-ledger.ts';

const origin = Date.UTC(2026, 6, 1);

function windowFromSeconds(from: number, to: number): Window {
  return { from: new Date(origin + from * 1000), to: new Date(origin + to * 1000) };
}

function lengthMs({ from, to }: Window): number {
  return to.getTime() - from.getTime();
}

/** Every second of a window, so that a cover can be compared second by second. */
function secondsOf(windows: readonly Window[]): number[] {
  return windows.flatMap(({ from, to }) =>
    Array.from({ length: lengthMs({ from, to }) / 1000 }, (_, at) => (from.getTime() - origin) / 1000 + at),
  );
}

function expectSound(windows: readonly Window[]): void {
  for (const { from, to } of windows) expect(from.getTime()).toBeLessThan(to.getTime());
  for (const [at, { from }] of windows.slice(1).entries())
    expect(from.getTime()).toBeGreaterThanOrEqual(windows[at]?.to.getTime() ?? Infinity);
}

const spans = fc
  .tuple(fc.integer({ min: -50, max: 350 }), fc.integer({ min: 1, max: 120 }))
  .map(([from, length]) => windowFromSeconds(from, from + length));
const windows = fc.integer({ min: 1, max: 300 }).map((to) => windowFromSeconds(0, to));

describe('createWindow', () => {
  it('cuts to whole seconds and has no answer where nothing, or less than nothing, would be left', () => {
    expect(createWindow(origin + 1999, origin + 3001)).toEqual(windowFromSeconds(1, 3));
    expect(createWindow(origin + 1000, origin + 1999)).toBeUndefined();
    expect(createWindow(origin + 5000, origin + 1000)).toBeUndefined();
  });
});

describe('subtractSpans', () => {
  it('leaves exactly the seconds in none of the spans: no gap, no overlap, no inversion', () => {
    fc.assert(
      fc.property(windows, fc.array(spans, { maxLength: 6 }), (window, taken) => {
        const parts = subtractSpans(window, taken);
        expectSound(parts);
        const without = new Set(secondsOf(taken));
        expect(secondsOf(parts)).toEqual(secondsOf([window]).filter((second) => !without.has(second)));
      }),
    );
  });
});

describe('halveScope', () => {
  const halve = (window: Window) =>
    halveScope({ window, jobIds: null })?.map((half) => half.window ?? window);

  it('gives two halves that cover the window exactly, and none for a single second', () => {
    fc.assert(
      fc.property(windows, (window) => {
        const halves = halve(window);
        expect(halves === undefined).toBe(lengthMs(window) === 1000);
        if (halves === undefined) return;
        expect(halves).toHaveLength(2);
        expectSound(halves);
        expect(secondsOf(halves)).toEqual(secondsOf([window]));
      }),
    );
  });

  it('ends at one second however wide the window was', () => {
    let window = windowFromSeconds(0, 730 * 24 * 3600);
    let splits = 0;
    for (let halves = halve(window); halves !== undefined; halves = halve(window)) {
      window = halves[splits % 2] ?? window;
      splits += 1;
    }
    expect(lengthMs(window)).toBe(1000);
    expect(splits).toBeLessThanOrEqual(27);
  });

  it('divides a list of jobs down to one, and nothing that is read whole', () => {
    const jobs = (...jobIds: number[]) => ({ window: null, jobIds });
    expect(halveScope(jobs(7, 8, 9))).toEqual([jobs(7, 8), jobs(9)]);
    expect(halveScope(jobs(7))).toBeUndefined();
    expect(halveScope({ window: null, jobIds: null })).toBeUndefined();
  });
});

/** Parts as large as they may be. */
function sizing(eventsMax: number) {
  return { eventsMax, eventsMin: eventsMax, partsWanted: 1 };
}

describe('cutWindow', () => {
  it('cuts finer than the events need it, so that every slot has work to the end', () => {
    const evenly = (ms: number) => (ms - origin) / 1000;
    const whole = windowFromSeconds(0, 1000);
    expect(cutWindow(whole, evenly, { eventsMax: 500, eventsMin: 50, partsWanted: 8 })).toHaveLength(8);
    expect(cutWindow(whole, evenly, { eventsMax: 500, eventsMin: 400, partsWanted: 8 })).toHaveLength(2);
    expect(cutWindow(whole, evenly, { eventsMax: 100, eventsMin: 50, partsWanted: 8 })).toHaveLength(10);
  });

  it('covers the window exactly, whatever is expected in it', () => {
    fc.assert(
      fc.property(
        windows,
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 20 }),
        (window, eventSeconds, eventsMax) => {
          const expectedBefore = (ms: number) =>
            eventSeconds.filter((second) => origin + second * 1000 < ms).length;
          const parts = cutWindow(window, expectedBefore, sizing(eventsMax));
          expectSound(parts);
          expect(secondsOf(parts)).toEqual(secondsOf([window]));
        },
      ),
    );
  });

  it('makes parts that hold about as many events as allowed, where these come evenly', () => {
    const parts = cutWindow(windowFromSeconds(0, 1000), (ms) => (ms - origin) / 100, sizing(1000));
    expect(parts.map((part) => lengthMs(part) / 1000)).toEqual(Array.from({ length: 10 }, () => 100));
  });

  it('cuts finely where most events are expected', () => {
    const half = (ms: number) => (ms - origin < 100_000 ? (ms - origin) / 100 : 1000);
    const parts = cutWindow(windowFromSeconds(0, 1000), half, sizing(500));
    expect(parts).toEqual([windowFromSeconds(0, 50), windowFromSeconds(50, 1000)]);
  });

  it('leaves the window whole where nothing is expected, and never cuts below a second', () => {
    const whole = windowFromSeconds(0, 3);
    expect(cutWindow(whole, () => 0, sizing(100))).toEqual([whole]);
    expect(cutWindow(whole, () => Number.NaN, sizing(100))).toEqual([whole]);
    expect(cutWindow(whole, (ms) => (ms - origin) * 1000, sizing(1))).toHaveLength(3);
  });
});
