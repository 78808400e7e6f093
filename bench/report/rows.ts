import { type Environment, type Figure, figureOf, type Measured, rateOf } from '../measure.ts';
import type { Goal } from './verdict.ts';
import type { BenchServer } from '../support/postgres.ts';

export interface BenchOptions {
  readonly isFull: boolean;
  /** Rounds per measurement, where they were given. */
  readonly rounds: number | undefined;
  /** Tasks of the queue's benchmark, where they were given. */
  readonly tasks: number | undefined;
  readonly server: BenchServer;
}

/** One line of a result: a figure and its spread over the rounds; what it should be is added from the goals. */
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

export function ratioRow(label: string, figure: Figure, note?: string): Row {
  return { label, unit: 'x', ...figure, ...(note === undefined ? {} : { note }) };
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

export function valueRow(label: string, unit: string, value: number, note?: string): Row {
  return { label, unit, ...figureOf([value]), ...(note === undefined ? {} : { note }) };
}
