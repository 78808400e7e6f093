import { Writable } from 'node:stream';
import cliProgress from 'cli-progress';
import type { TaskProgress } from '../../store/ledger/run-progress.ts';
import { humanCount, humanDuration } from '../../operations/format.ts';
import type { CommandContext, Output } from '../context.ts';
import type { ProgressListener } from './compose.ts';

/** Moves to the start of the terminal's line and clears it. */
const clearLine = '\r\u001b[K';

const drawsPerSecond = 4;

export interface Progress extends ProgressListener {
  /** A line on a terminal is drawn; otherwise the log shows how far the run is. */
  readonly isShown: boolean;
  /** For log lines and notices: they are written above the progress line. */
  readonly stderr: Output;
  /** From now on `read` is asked about once a second how far the run is. */
  follow(read: (runId: number) => Promise<TaskProgress>): void;
  stop(): void;
}

/** A line on a terminal that shows how far a run is; where stderr is no terminal, the log shows it. */
export function openProgress({ stderr, verbosity, now }: CommandContext): Progress {
  if (stderr.isTTY !== true || verbosity === 'quiet') {
    const nothing = () => undefined;
    return { isShown: false, onPlanned: nothing, onPage: nothing, follow: nothing, stop: nothing, stderr };
  }
  const counts = { pages: 0, records: 0, inserted: 0, tasks: { settled: 0, total: 0 } };
  const startedAtMs = now().getTime();
  let runId: number | undefined;
  const bar = new cliProgress.SingleBar({
    format: () => progressText(counts, now().getTime() - startedAtMs).slice(0, (stderr.columns ?? 80) - 1),
    fps: drawsPerSecond,
    clearOnComplete: true,
    // A process that is ended at once leaves the terminal as it was.
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
    stream: withoutCursorMoves(stderr),
  });
  bar.start(1, 0);
  let following: NodeJS.Timeout | undefined;
  return {
    isShown: true,
    onPlanned(id) {
      runId = id;
    },
    onPage(records, inserted) {
      counts.pages += 1;
      counts.records += records;
      counts.inserted += inserted;
    },
    follow(read) {
      const look = async (): Promise<void> => {
        const beganAtMs = now().getTime();
        if (runId !== undefined) counts.tasks = await read(runId).catch(() => counts.tasks);
        // A large ledger takes longer to count: at most a twentieth of the time goes into it.
        const waitMs = Math.max(1000, 20 * (now().getTime() - beganAtMs));
        if (following !== undefined) following = setTimeout(() => void look(), waitMs);
      };
      following = setTimeout(() => void look(), 500);
    },
    stderr: { ...terminalOf(stderr), write: (text) => stderr.write(clearLine + text) },
    stop() {
      clearTimeout(following);
      following = undefined;
      bar.stop();
      stderr.write(clearLine);
    },
  };
}

interface Counts {
  readonly pages: number;
  readonly records: number;
  readonly inserted: number;
  readonly tasks: TaskProgress;
}

/** An estimate is worth showing once this many tasks are settled. */
const settledMin = 5;

/**
 * `120 of 340 tasks · 2 min 5 s · about 4 min left · 1,100,000 new events · 1,200,000 records · 560 pages`
 *
 * @internal exported for its test
 */
export function progressText({ tasks, pages, records, inserted }: Counts, elapsedMs: number): string {
  const { settled, total } = tasks;
  const leftMs = (elapsedMs * (total - settled)) / settled;
  const isKnown = settled >= settledMin && settled < total;
  return [
    total === 0 ? 'starting' : `${humanCount(settled)} of ${humanCount(total)} tasks`,
    humanDuration(Math.floor(elapsedMs / 1000) * 1000),
    ...(isKnown ? [`about ${humanDuration(leftMs)} left`] : []),
    `${humanCount(inserted)} new events`,
    `${humanCount(records)} records`,
    `${humanCount(pages)} pages`,
  ].join(' · ');
}

/** cli-progress saves the cursor when it starts and returns there when it ends: by then, that is amid the log. */
function withoutCursorMoves(stderr: Output): Writable {
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      stderr.write(String(chunk).replaceAll('\u001b7', '').replaceAll('\u001b8', ''));
      done();
    },
  });
  return Object.assign(stream, { isTTY: true });
}

function terminalOf({ columns }: Output): Omit<Output, 'write'> {
  return columns === undefined ? { isTTY: true } : { isTTY: true, columns };
}
