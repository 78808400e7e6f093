import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { goalTable } from '../../../bench/report/goal-table.ts';
import { goals } from '../../../bench/report/goals.ts';
import { readKeptResults } from '../../../bench/report/kept-results.ts';
import { resultsPage, withGoalTable } from '../../../bench/report/results-page.ts';
import { type Goal, judge } from '../../../bench/report/verdict.ts';

const bench = path.join(import.meta.dirname, '..', '..', '..', 'bench');

it('RESULTS.md has the goals as the kept results have them; `npm run bench -- report` writes them', () => {
  const page = readFileSync(resultsPage, 'utf8');
  expect(page).toBe(withGoalTable(page, goalTable(goals, readKeptResults())));
});

it('RESULTS.md without a place for the goals is refused', () => {
  expect(() => withGoalTable('# Results', '')).toThrow('no place for the goals');
});

it('a verdict in a table of RESULTS.md follows from the median, the spread and the goal beside it', () => {
  const rows = readFileSync(resultsPage, 'utf8')
    .split('| figure | median | spread | must | | note |\n')
    .slice(1)
    .flatMap((table) => table.split('\n\n', 1)[0]?.split('\n').slice(1) ?? [])
    .map((row) => row.split('|').map((cell) => cell.trim()));
  expect(rows.length).toBeGreaterThan(30);
  const written = rows.map(([, figure, , , , verdict]) => ({
    figure,
    verdict: verdict?.replaceAll('*', ''),
  }));
  const follows = rows.map(([, figure, middle = '', spread = '', must = '']) => {
    const [median = NaN] = numbersIn(middle);
    const [least = median, most = median] = numbersIn(spread);
    return { figure, verdict: judge({ median, least, most }, goalIn(must), false) ?? '' };
  });
  expect(written).toEqual(follows);
});

/** The goal of the cell; a quick form does not decide one that names the full form. */
function goalIn(must: string): Goal | undefined {
  const [bound = NaN] = numbersIn(must);
  if (Number.isNaN(bound) || must.includes('full form')) return undefined;
  return must.startsWith('≥') ? { least: bound } : { most: bound };
}

function numbersIn(cell: string): number[] {
  return Array.from(cell.matchAll(/\d[\d,.]*/gu), ([number]) => Number(number.replaceAll(',', '')));
}

it('each part that has goals is a benchmark', () => {
  const parts = readdirSync(bench)
    .filter((file) => file.endsWith('.bench.ts'))
    .map((file) => file.replace('.bench.ts', ''));
  expect(Object.keys(goals).filter((part) => !parts.includes(part))).toEqual([]);
});

it('processes of the benchmarks are started in one place, which ends them when a benchmark is stopped', () => {
  const files = readdirSync(bench, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const starting = files.filter((file) =>
    /node:(?:child_process|cluster|worker_threads)/u.test(readFileSync(path.join(bench, file), 'utf8')),
  );
  expect(starting).toEqual([path.join('processes', 'children.ts')]);
});
