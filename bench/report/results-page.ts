import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { goalTable } from './goal-table.ts';
import { goals } from './goals.ts';
import { readKeptResults } from './kept-results.ts';

export const resultsPage = path.join(import.meta.dirname, '..', 'RESULTS.md');
const begin = '<!-- The goals, by `npm run bench -- report` from results/*.json. -->';
const end = '<!-- End of the goals. -->';

/** Writes the goals and what was measured for each into RESULTS.md, from the results that are kept. */
export function writeGoals(): void {
  writeFileSync(
    resultsPage,
    withGoalTable(readFileSync(resultsPage, 'utf8'), goalTable(goals, readKeptResults())),
  );
}

/** The page with this table between its marks. */
export function withGoalTable(page: string, table: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`RESULTS.md has no place for the goals: ${begin} … ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${table}\n\n${page.slice(to)}`;
}
