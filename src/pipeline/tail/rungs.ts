import type { TailRung } from '../../store/ledger/task-ledger.ts';
import type { RungFailure, TailFacts } from '../../store/tail/tail-facts.ts';

/** A rung that failed is tried again after this time. */
export const retryRungMs = 30 * 24 * 60 * 60 * 1000;

/** With a date alone the events of young jobs are read a second time: not where that takes more pages than these. */
const youngPagesMax = 20;

export interface RungChoice {
  readonly eventType: string;
  /** Events of young jobs that a window by date alone would read again. */
  readonly youngEvents: number;
  readonly pageSize: number;
  readonly now: Date;
  /** What each rung needs is there: an old job, jobs, jobs, a triggered send definition. */
  readonly isPossible: (rung: TailRung) => boolean;
}

/**
 * The highest rung that is not known to fail; undefined where none is left. Pure.
 *
 * A date alone goes before the bound by JobID where it costs little: it alone shows events of young jobs that discovery
 * does not know.
 */
export function chooseRung(
  facts: Pick<TailFacts, 'marks' | 'failures' | 'dateFilterWorks' | 'listFilterWorks'>,
  { eventType, youngEvents, pageSize, now, isPossible }: RungChoice,
): TailRung | undefined {
  const ladder: readonly TailRung[] = youngEvents > youngPagesMax * pageSize ? [1, 2, 3, 4] : [2, 1, 3, 4];
  return ladder.find(
    (rung) =>
      isPossible(rung) && !hasFailed(facts.failures, eventType, rung, now) && !isDoubtful(facts, rung, now),
  );
}

function hasFailed(failures: readonly RungFailure[], eventType: string, rung: TailRung, now: Date): boolean {
  return failures.some(
    (failure) =>
      failure.eventType === eventType &&
      failure.rung === rung &&
      now.getTime() - failure.failedAt.getTime() < retryRungMs,
  );
}

/** What failed for another event type, or for doctor, is not tried by this one where it worked for no type. */
function isDoubtful(
  { marks, failures, dateFilterWorks, listFilterWorks }: Parameters<typeof chooseRung>[0],
  rung: TailRung,
  now: Date,
): boolean {
  if (isProven(marks, rung)) return false;
  if (rung <= 2 && dateFilterWorks === false) return true;
  if (rung === 3 && listFilterWorks === false) return true;
  return failures.some(
    (failure) => failure.rung === rung && now.getTime() - failure.failedAt.getTime() < retryRungMs,
  );
}

/**
 * Whether a window of this account was read on the rung, of any event type: then all types may be. The two that read by
 * date without a list are as good as one.
 */
export function isProven(marks: TailFacts['marks'], rung: TailRung): boolean {
  return marks.some((mark) => mark.rung === rung || (mark.rung <= 2 && rung <= 2));
}
