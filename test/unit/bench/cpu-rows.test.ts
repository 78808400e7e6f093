import { cpuRows } from '../../../bench/cpu/cpu-rows.ts';
import { valueAt } from '../../../bench/cpu/follow-others.ts';

describe('rows of CPU by who used it', () => {
  const turn = { units: 1000, process: 0.002, postgres: 0.004, source: 0.001 };

  it('are microseconds for each unit, with the middle of the rounds', () => {
    const rows = cpuRows('opens', [turn, { ...turn, process: 0.003 }, { ...turn, process: 0.009 }]);
    expect(rows.map(({ label, unit, median }) => [label, unit, median])).toEqual([
      ['opens, CPU of our process', 'µs/event', 3],
      ['opens, CPU of Postgres', 'µs/event', 4],
      ['opens, CPU of the source', 'µs/event', 1],
    ]);
  });

  it('leave out what could not be read', () => {
    const rows = cpuRows('opens', [{ ...turn, postgres: NaN, source: NaN }]);
    expect(rows.map(({ label }) => label)).toEqual(['opens, CPU of our process']);
  });
});

describe('a value at an instant', () => {
  const points = [
    { at: 100, value: 1 },
    { at: 200, value: 3 },
    { at: 400, value: 4 },
  ];

  it.each([
    { at: 150, value: 2 },
    { at: 200, value: 3 },
    { at: 300, value: 3.5 },
    { at: 50, value: 1 },
    { at: 900, value: 4 },
  ])('is $value at $at', ({ at, value }) => {
    expect(valueAt(points, at)).toBe(value);
  });

  it('is not a number where nothing was read', () => {
    expect(valueAt([], 1)).toBeNaN();
  });
});
