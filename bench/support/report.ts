import { type Environment, type Figure, figureOf, type Measured, rateOf } from '../measure.ts';
import type { BenchServer } from './postgres.ts';

export interface BenchOptions {
  readonly isFull: boolean;
  /** Rounds per measurement, where they were given. */
  readonly rounds: number | undefined;
  readonly server: BenchServer;
}

export interface Goal {
  readonly least?: number;
  readonly most?: number;
  readonly aim?: number;
}

/** One line of a result: a figure, its spread over the rounds, and what it should be. */
export interface Row extends Figure {
  readonly label: string;
  readonly unit: string;
  readonly goal?: Goal;
  readonly note?: string;
}

export interface Bench {
  readonly name: string;
  readonly needsPostgres?: boolean;
  /** Too long for every change. */
  readonly isFullOnly?: boolean;
  run(options: BenchOptions): Promise<readonly Row[]>;
}

export interface Results {
  readonly form: 'quick' | 'full';
  readonly environment: Environment;
  readonly benches: Readonly<Record<string, readonly Row[]>>;
}

export function ratioRow(label: string, figure: Figure, goal: Goal, note?: string): Row {
  return { label, unit: 'x', ...figure, goal, ...(note === undefined ? {} : { note }) };
}

/** Units of work a second, and the contender's own CPU for each. */
export function rateRow(label: string, { name, outcomes }: Measured, unit = 'event'): Row {
  const cpu = figureOf(outcomes.map(({ cpuSeconds, units }) => (cpuSeconds / units) * 1e6));
  return {
    label: `${label}: ${name.replace(/^\w+: /, '')}`,
    unit: `${unit}s/s`,
    ...figureOf(outcomes.map(rateOf)),
    note: `${cpu.median.toFixed(2)} µs of its own CPU per ${unit}`,
  };
}

export function valueRow(label: string, unit: string, value: number, goal?: Goal, note?: string): Row {
  return {
    label,
    unit,
    ...figureOf([value]),
    ...(goal === undefined ? {} : { goal }),
    ...(note === undefined ? {} : { note }),
  };
}

/** Rows as a Markdown table, as RESULTS.md shows them. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const { label, median, least, most, goal, note = '' } = row;
    const spread = least === most ? '' : `${written(least)} – ${written(most)}`;
    return `| ${label} | ${written(median)}${Number.isNaN(median) ? '' : ` ${row.unit}`} | ${spread} | ${goalText(goal)} | ${verdict(row)} | ${note} |`;
  });
  return [
    '| figure | median | spread | must | | note |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

function written(value: number): string {
  if (Number.isNaN(value)) return 'not measured';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

function goalText({ least, most, aim }: Goal = {}): string {
  const must = least !== undefined ? `≥ ${least}` : most !== undefined ? `≤ ${most}` : '';
  return aim === undefined ? must : `${must} (aim ${aim})`;
}

/** Met is what the worst round met, too. A figure that was not measured is not judged. */
function verdict(row: Row): string {
  const { median, least, most, goal } = row;
  const hasBound = goal?.least !== undefined || goal?.most !== undefined;
  if (!hasBound || Number.isNaN(median)) return '';
  const isMet = (value: number) =>
    (goal.least === undefined || value >= goal.least) && (goal.most === undefined || value <= goal.most);
  if (!isMet(median)) return '**missed**';
  return isMet(least) && isMet(most) ? 'met' : 'met by the median only';
}
