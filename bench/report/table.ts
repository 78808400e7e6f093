import type { Row } from './rows.ts';
import { type Goal, judge } from './verdict.ts';

/** Rows as a Markdown table, as RESULTS.md shows them. */
export function tableOf(rows: readonly Row[], isProfiled: boolean): string {
  const lines = rows.map((row) => {
    const { label, median, least, most, goal, unit, note = '' } = row;
    const spread = least === most || Number.isNaN(median) ? '' : `${written(least)} – ${written(most)}`;
    return `| ${label} | ${writtenWithUnit(median, unit)} | ${spread} | ${goalText(goal)} | ${judged(row, isProfiled)} | ${note} |`;
  });
  return [
    '| figure | median | spread | must | | note |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

function judged(row: Row, isProfiled: boolean): string {
  const verdict = judge(row, row.goal, isProfiled) ?? '';
  return verdict === 'missed' ? '**missed**' : verdict;
}

export function writtenWithUnit(value: number, unit: string): string {
  return Number.isNaN(value) ? 'not measured' : `${written(value)} ${unit}`;
}

export function written(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

export function goalText({ least, most, aim }: Goal = {}): string {
  const must = least !== undefined ? `≥ ${least}` : most !== undefined ? `≤ ${most}` : '';
  return aim === undefined ? must : `${must} (aim ${aim})`;
}
