import { goalTable } from '../../../bench/report/goal-table.ts';
import { type Goals, goalsWithoutFigure, withGoals } from '../../../bench/report/goals.ts';
import { type KeptResults, nameOf } from '../../../bench/report/kept-results.ts';
import { tableOf } from '../../../bench/report/table.ts';

const environment = {
  ...{ cpu: 'AMD EPYC', cores: 2, memoryGb: 24, loadAverage: [0.5, 0.4, 0.3] },
  ...{ platform: 'linux x64', node: 'v24.21.0', program: '1a2b3c4', postgres: '17.10' },
};

function results(day: string, form: 'quick' | 'full', benches: KeptResults['benches']): KeptResults {
  return { form, environment: { ...environment, at: `${day}T10:00:00.000Z` }, benches };
}

const row = (label: string, least: number, median: number, most: number) => ({
  label,
  unit: 'x',
  least,
  median,
  most,
});
const goals: Goals = { load: { speed: { least: 1, aim: 2 } } };

/** The cells of the only goal. */
function lineOf(of: Goals, kept: readonly KeptResults[]): string[] {
  return (goalTable(of, kept).split('\n')[2] ?? '')
    .split(' | ')
    .map((cell) => cell.replaceAll(/^\| | \|$/gu, ''));
}

describe('the table of goals', () => {
  it('says met where the worst round of each machine and day met it', () => {
    const kept = [
      results('2026-11-22', 'full', { load: [row('speed', 1, 1.5, 2)] }),
      results('2026-11-26', 'quick', { load: [row('speed', 1.1, 1.2, 1.3)] }),
    ];
    expect(lineOf(goals, kept)).toEqual([
      'load',
      'speed',
      '≥ 1 (aim 2)',
      '1.20 (b) – 1.50 x (a)',
      '1.00 (a)',
      'met',
    ]);
  });

  it('says where a goal was missed, was met with no room, and was met', () => {
    const kept = [
      results('2026-11-21', 'full', { load: [row('speed', 0.5, 0.6, 2)] }),
      results('2026-11-22', 'full', { load: [row('speed', 0.9, 1.5, 2)] }),
      results('2026-11-23', 'full', { load: [row('speed', 1, 1.6, 2)] }),
    ];
    expect(lineOf(goals, kept)).toEqual(
      expect.arrayContaining([
        '0.60 (a) – 1.60 x (c)',
        '0.50 (a)',
        '**missed** in a; met with no room in b; met in c',
      ]),
    );
  });

  it.each([
    { name: 'no kept results have the figure', kept: [results('2026-11-22', 'full', { parse: [] })] },
    {
      name: 'the figure has another name now',
      kept: [results('2026-11-22', 'full', { load: [row('rate', 1, 1, 1)] })],
    },
    {
      name: 'the machine was too small for it',
      kept: [results('2026-11-22', 'full', { load: [row('speed', NaN, NaN, NaN)] })],
    },
  ])('says not measured where $name', ({ kept }) => {
    expect(lineOf(goals, kept)).toEqual(['load', 'speed', '≥ 1 (aim 2)', '', '', 'not measured']);
  });

  it('judges by the form that the goal names, and by the goal of today', () => {
    const kept = [
      results('2026-11-22', 'quick', { load: [{ ...row('speed', 0.1, 0.1, 0.1), goal: { least: 0 } }] }),
      results('2026-11-22', 'full', { load: [row('speed', 2, 2, 2)] }),
    ];
    expect(lineOf({ load: { speed: { least: 1, form: 'full' } } }, kept)).toEqual(
      expect.arrayContaining(['≥ 1, full form', '2.00 x (b)', 'met']),
    );
  });

  it('shows the worst of figures that share a line', () => {
    const kept = [
      results('2026-11-22', 'full', { load: [row('page: one', 5, 6, 7), row('page: two', 8, 9, 10)] }),
    ];
    const shared: Goals = { load: { 'page: *': { most: 9.5, oneLine: 'each page, the slowest' } } };
    expect(lineOf(shared, kept)).toEqual([
      'load',
      'each page, the slowest',
      '≤ 9.5',
      '9.00 x (a)',
      '10.0 (a)',
      'met with no room',
    ]);
  });

  it('names the machine, the day and the form behind each letter', () => {
    const table = goalTable(goals, [results('2026-11-22', 'full', {})]);
    expect(table).toContain(
      '- **a**: 22 November 2026, full form: AMD EPYC, 2 cores, 24 GB, linux x64, Node 24.21.0, Postgres 17.10, load average 0.5 before, program 1a2b3c4',
    );
  });
});

describe('rows with their goals', () => {
  it('have the goal of their name, in the form that decides it', () => {
    const rows = [row('speed', 1, 1, 1), row('other', 1, 1, 1)];
    expect(withGoals('load', rows, 'quick', goals).map(({ goal }) => goal)).toEqual([
      { least: 1, aim: 2 },
      undefined,
    ]);
    const ofFull: Goals = { load: { speed: { least: 1, form: 'full' } } };
    expect(withGoals('load', rows, 'quick', ofFull).map(({ goal }) => goal)).toEqual([undefined, undefined]);
  });

  it('leave a goal without a figure where it names none, which would never be judged', () => {
    expect(goalsWithoutFigure('load', [row('spede', 1, 1, 1)], 'quick', goals)).toEqual(['speed']);
    expect(goalsWithoutFigure('load', [row('speed', 1, 1, 1)], 'quick', goals)).toEqual([]);
    const ofFull: Goals = { load: { speed: { least: 1, form: 'full' } } };
    expect(goalsWithoutFigure('load', [], 'quick', ofFull)).toEqual([]);
  });
});

describe('a table of one run', () => {
  const measured = withGoals('load', [row('speed', 0.4, 0.5, 0.6)], 'full', goals);

  it('emphasizes what was missed', () => {
    expect(tableOf(measured, false)).toContain(
      '| speed | 0.50 x | 0.40 – 0.60 | ≥ 1 (aim 2) | **missed** |  |',
    );
  });

  it('judges nothing beside a profiler', () => {
    expect(tableOf(measured, true)).toContain(
      '| speed | 0.50 x | 0.40 – 0.60 | ≥ 1 (aim 2) | not judged: profiled |  |',
    );
  });

  it('says not measured where there is no figure', () => {
    expect(tableOf([row('speed', NaN, NaN, NaN)], false)).toContain('| speed | not measured |  |  |  |  |');
  });
});

it.each([
  ['AMD EPYC', 'amd-epyc'],
  ['AMD EPYC 7763 64-Core Processor', 'amd-epyc-7763'],
  ['Intel(R) Xeon(R) CPU E5-2673 v4 @ 2.30GHz', 'intel-xeon-e5-2673-v4'],
  ['Apple M3 Pro', 'apple-m3-pro'],
])('results of a machine with %s are kept under its name', (cpu, name) => {
  const of = { environment: { ...environment, cpu, at: '2026-11-26T10:00:00.000Z' }, form: 'full' } as const;
  expect(nameOf(of)).toBe(`2026-11-26-linux-x64-${name}-2-cores-full.json`);
});
