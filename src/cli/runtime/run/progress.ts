import type { TaskProgress } from '../../../store/ledger/runs/run-progress.ts';
import type { GateStatus } from '../../../store/status/gate.ts';
import type { CommandContext, Output } from '../../context.ts';
import { openLiveLine } from '../../terminal/live-line.ts';
import { clockOf } from '../../terminal/terminal.ts';
import type { ProgressListener } from '../composition/compose.ts';
import { progressText, type RunProgress } from './progress-text.ts';

export interface Progress extends ProgressListener {
  /** A line on a terminal is drawn; otherwise the log shows how far the run is. */
  readonly isShown: boolean;
  /** For log lines and notices: they are written above the progress line. */
  readonly stderr: Output;
  /** From now on `read` is asked about once a second how far the run is. */
  follow(read: (runId: number | undefined) => Promise<ProgressFacts>): void;
  /** Says what happens instead of reading. */
  enter(phase: string): void;
  stop(): void;
}

/** What the database knows of a run; no tasks before it is planned. */
export interface ProgressFacts {
  readonly tasks: TaskProgress | undefined;
  readonly gate: GateStatus;
}

/** The rate is that of the last seconds: an average over hours would hide that nothing moves. */
const rateMs = 10_000;

/** A line on a terminal that shows how far a run is; where stderr is no terminal, the log shows it. */
export function openProgress({ stderr, verbosity, now }: CommandContext): Progress {
  if (stderr.isTTY !== true || verbosity === 'quiet') return { ...silentProgress, stderr };
  const nowMs = () => now().getTime();
  const startedAtMs = nowMs();
  const pages: { readonly atMs: number; readonly records: number }[] = [];
  const run: Changing<Omit<RunProgress, 'nowMs' | 'eventsPerSecond'>> = {
    ...{ startedAtMs, plannedAtMs: undefined, tasks: noTasks, records: 0, lastPageAtMs: startedAtMs },
    ...{ gate: undefined, phase: undefined },
  };
  const eventsPerSecond = (): number => {
    const since = Math.max(nowMs() - rateMs, run.plannedAtMs ?? startedAtMs);
    while ((pages[0]?.atMs ?? Infinity) < since) pages.shift();
    const records = pages.reduce((sum, page) => sum + page.records, 0);
    return records / Math.max(1, (nowMs() - since) / 1000);
  };
  const { text: instant } = clockOf(stderr);
  const line = openLiveLine(stderr, (columns) =>
    progressText({ ...run, nowMs: nowMs(), eventsPerSecond: eventsPerSecond() }, columns, instant),
  );
  let runId: number | undefined;
  const following = followFacts(nowMs, async (read) => {
    const { tasks = noTasks, gate } = await read(runId);
    Object.assign(run, { tasks, gate });
  });
  return {
    isShown: true,
    stderr: line.stderr,
    onPlanned(id) {
      runId = id;
      run.plannedAtMs = nowMs();
    },
    onPage(records) {
      run.records += records;
      run.lastPageAtMs = nowMs();
      pages.push({ atMs: run.lastPageAtMs, records });
    },
    follow: following.start,
    enter(phase) {
      run.phase = phase;
    },
    stop() {
      following.stop();
      line.stop();
    },
  };
}

type Changing<Value> = { -readonly [Name in keyof Value]: Value[Name] };

type ReadFacts = Parameters<Progress['follow']>[0];

const noTasks: TaskProgress = { settled: 0, total: 0, retrying: 0 };

const nothing = () => undefined;
const silentProgress = {
  ...{ isShown: false, onPlanned: nothing, onPage: nothing, follow: nothing, enter: nothing, stop: nothing },
};

/** Looks about once a second; a database that does not respond is no reason to end. */
function followFacts(
  nowMs: () => number,
  look: (read: ReadFacts) => Promise<void>,
): { readonly start: (read: ReadFacts) => void; readonly stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    start(read) {
      const next = async (): Promise<void> => {
        const beganAtMs = nowMs();
        await look(read).catch(() => undefined);
        // A large ledger takes longer to count: at most a twentieth of the time goes into it.
        const waitMs = Math.max(1000, 20 * (nowMs() - beganAtMs));
        if (timer !== undefined) timer = setTimeout(() => void next(), waitMs);
      };
      timer = setTimeout(() => void next(), 500);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
