import type { Figure } from '../measure.ts';

/** What a figure should be. */
export interface Goal {
  readonly least?: number;
  readonly most?: number;
  /** What would be better still; nothing is judged by it. */
  readonly aim?: number;
  /** The form whose size the goal names; where absent both decide. */
  readonly form?: 'quick' | 'full';
  /** Figures with the same text here are one line of the table of goals, which shows the worst of them. */
  readonly oneLine?: string;
}

export type Verdict = 'met' | 'met with no room' | 'missed' | 'not measured' | 'not judged: profiled';

// A figure that was taken once has no worst round, so a twentieth stands for it.
const roomOfOne = 0.05;

/**
 * Met is what the worst round met, too. A profiler changes what is measured, so nothing is judged beside one; undefined
 * where there is no goal.
 */
export function judge(figure: Figure, goal: Goal | undefined, isProfiled: boolean): Verdict | undefined {
  if (goal === undefined || (goal.least === undefined && goal.most === undefined)) return undefined;
  if (isProfiled) return 'not judged: profiled';
  if (Number.isNaN(figure.median)) return 'not measured';
  if (!isWithin(figure.median, goal)) return 'missed';
  const isOnce = figure.least === figure.most;
  const worst = isOnce ? [figure.median] : [figure.least, figure.most];
  return worst.every((value) => isWithin(value, isOnce ? withRoom(goal) : goal)) ? 'met' : 'met with no room';
}

function isWithin(value: number, { least, most }: Pick<Goal, 'least' | 'most'>): boolean {
  return (least === undefined || value >= least) && (most === undefined || value <= most);
}

function withRoom({ least, most }: Goal): Pick<Goal, 'least' | 'most'> {
  return {
    ...(least === undefined ? {} : { least: least * (1 + roomOfOne) }),
    ...(most === undefined ? {} : { most: most * (1 - roomOfOne) }),
  };
}
