import os from 'node:os';
import type { Contender, Outcome } from './processes/contender.ts';

/** What rounds brought for one contender, the first ones left out as warm-up. */
export interface Measured {
  readonly name: string;
  readonly outcomes: readonly Outcome[];
}

/** Middle and spread of a figure over the rounds. */
export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface RoundOptions {
  readonly rounds: number;
  readonly warmUps: number;
}

export interface PieceOptions extends RoundOptions {
  readonly pieces: number;
  readonly beforeRound: () => Promise<unknown>;
}

/**
 * Lets contenders take turns, round by round, so that what the machine does to one it does to all.
 *
 * Each round begins with another contender. Figures are to be compared within a round only.
 */
export async function measureInTurns(
  contenders: readonly Contender[],
  { rounds, warmUps }: RoundOptions,
): Promise<Measured[]> {
  const outcomes = contenders.map((): Outcome[] => []);
  for (let round = 0; round < warmUps + rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const index = (round + turn) % contenders.length;
      const outcome = await contenders[index]?.run(round);
      if (outcome !== undefined && round >= warmUps) outcomes[index]?.push(outcome);
    }
  }
  return contenders.map(({ name }, index) => ({ name, outcomes: outcomes[index] ?? [] }));
}

/** Two contenders' turns at the same piece of the work. */
export type Pair = readonly [one: Outcome, other: Outcome];

/**
 * Lets two contenders do a round in small pieces in turn, as A B B A A B B A, so that a machine whose speed changes within
 * a second changes it for both, and neither gains by its place. Turns are numbered through all rounds.
 */
export async function measureInPieces(
  [one, other]: readonly [Contender, Contender],
  { rounds, warmUps, pieces, beforeRound }: PieceOptions,
): Promise<Pair[][]> {
  const measured: Pair[][] = [];
  for (let round = 0; round < warmUps + rounds; round += 1) {
    const pairs: Pair[] = [];
    await beforeRound();
    for (let piece = 0; piece < pieces; piece += 1) {
      const turn = round * pieces + piece;
      if ((round + piece) % 2 === 0) {
        pairs.push([await one.run(turn), await other.run(turn)]);
      } else {
        const second = await other.run(turn);
        pairs.push([await one.run(turn), second]);
      }
    }
    if (round >= warmUps) measured.push(pairs);
  }
  return measured;
}

/**
 * Rate of one as a multiple of the other's, in the middle pair of a round: a page that waits for the disk takes as long as
 * ten, and would weigh as much in a sum.
 */
export function medianOfPairs(pairs: readonly Pair[]): number {
  return figureOf(pairs.map(([one, other]) => rateOf(one) / rateOf(other))).median;
}

/** What the other used for all its pieces, as a multiple of what one used; nothing is left out. */
export function ratioOfSums(pairs: readonly Pair[], costOf: (outcome: Outcome) => number): number {
  const sumOf = (which: 0 | 1) => pairs.reduce((sum, pair) => sum + costOf(pair[which]), 0);
  return sumOf(1) / sumOf(0);
}

export function rateOf({ units, seconds }: Outcome): number {
  return units / seconds;
}

/** Rate of one as a multiple of the other's in the same round. */
export function ratioOf(one: Measured, other: Measured): Figure {
  const ratios = one.outcomes.map((outcome, round) => {
    const beside = other.outcomes[round];
    return beside === undefined ? NaN : rateOf(outcome) / rateOf(beside);
  });
  return figureOf(ratios);
}

/** The same by the CPU time that each process used. */
export function cpuRatioOf(one: Measured, other: Measured): Figure {
  const ratios = one.outcomes.map((outcome, round) => {
    const beside = other.outcomes[round];
    return beside === undefined
      ? NaN
      : beside.cpuSeconds / beside.units / (outcome.cpuSeconds / outcome.units);
  });
  return figureOf(ratios);
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1
      ? (sorted[middle] ?? NaN)
      : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
  return { median, least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN };
}

export interface Environment {
  readonly at: string;
  /** The commit that was measured; a + says that files differed from it. */
  readonly program?: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly loadAverage: readonly number[];
  readonly platform: string;
  readonly node: string;
  readonly postgres?: string;
  readonly postgresSettings?: Readonly<Record<string, string>>;
}

/** The machine as it is now; nothing of it names the host or a path. */
export function describeMachine(now: Date): Environment {
  return {
    at: now.toISOString(),
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    loadAverage: os.loadavg().map((load) => Math.round(load * 100) / 100),
    platform: `${os.platform()} ${os.arch()}`,
    node: process.version,
  };
}
