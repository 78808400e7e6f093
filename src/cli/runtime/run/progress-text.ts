import type { TaskProgress } from '../../../store/ledger/runs/run-progress.ts';
import type { GateStatus } from '../../../store/status/gate.ts';
import { humanCount, humanDuration, type InstantText } from '../../../operations/format.ts';
import { bar, fitParts } from '../../terminal/live-line.ts';

/** How far a run is. */
export interface RunProgress {
  readonly nowMs: number;
  readonly startedAtMs: number;
  /** When its tasks were known; undefined before. */
  readonly plannedAtMs: number | undefined;
  readonly tasks: TaskProgress;
  /** Events read. */
  readonly records: number;
  /** Events of the last seconds, for each second. */
  readonly eventsPerSecond: number;
  readonly lastPageAtMs: number;
  readonly gate: GateStatus | undefined;
  /** What happens instead of reading: the run drains, or its windows are all read. */
  readonly phase: string | undefined;
}

/** An estimate is worth showing once this many tasks are settled. */
const settledMin = 5;

/** A page that takes longer than this is worth a word: Marketing Cloud returns most within a few seconds. */
const silentMs = 10_000;

/** A bar this wide shows a step of five percent. */
const barChars = 20;

/** `━━━━━╌╌╌╌╌ · 120 of 340 tasks · 8,400 events/s · about 4 min left`, and what the run waits for; as much as fits. */
export function progressText(run: RunProgress, columns: number, instant: InstantText): string {
  const { settled, total } = run.tasks;
  return fitParts(
    [
      { text: total === 0 ? '' : bar(settled / total, barChars), leavesAs: 5 },
      {
        text: total === 0 ? 'starting' : `${humanCount(settled)} of ${humanCount(total)} tasks`,
        leavesAs: 0,
      },
      { text: waitText(run, instant), leavesAs: 1 },
      {
        text: run.records === 0 ? '' : `${humanCount(Math.round(run.eventsPerSecond))} events/s`,
        leavesAs: 3,
      },
      { text: leftText(run), leavesAs: 2 },
      { text: run.records === 0 ? '' : `${humanCount(run.records)} events`, leavesAs: 6 },
      { text: humanDuration(wholeSeconds(run.nowMs - run.startedAtMs)), leavesAs: 4 },
    ],
    columns,
  );
}

function leftText({ tasks, nowMs, plannedAtMs, phase }: RunProgress): string {
  const { settled, total } = tasks;
  if (plannedAtMs === undefined || phase !== undefined || settled < settledMin || settled >= total) return '';
  return `about ${humanDuration(((nowMs - plannedAtMs) * (total - settled)) / settled)} left`;
}

/** What the run waits for; empty while pages arrive. */
function waitText(
  { phase, gate, tasks, nowMs, lastPageAtMs, plannedAtMs }: RunProgress,
  instant: InstantText,
): string {
  if (phase !== undefined) return phase;
  if (gate?.state === 'closed') {
    const next =
      gate.nextCheckAt === null ? '' : `, next check ${instant(gate.nextCheckAt, 'second').slice(dateChars)}`;
    return `gate closed: ${gate.systemStatus}${next}`;
  }
  if (plannedAtMs === undefined) return 'looking for jobs';
  const waitedMs = nowMs - Math.max(lastPageAtMs, plannedAtMs);
  if (waitedMs < silentMs) return '';
  const since = humanDuration(wholeSeconds(waitedMs));
  if (tasks.retrying > 0) return `${humanCount(tasks.retrying)} to retry, nothing for ${since}`;
  return `no response for ${since}`;
}

const dateChars = '2026-07-01 '.length;

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
