import cliProgress from 'cli-progress';
import type { ProgressListener } from './compose.ts';
import type { CommandContext, Output } from '../context.ts';
import { humanCount } from '../../operations/format.ts';

/** Moves to the start of the terminal's line and clears it. */
const clearLine = '\r\u001b[K';

const drawsPerSecond = 4;

export interface Progress extends ProgressListener {
  /** For log lines: they are written above the progress line. */
  readonly stderr: Output;
  stop(): void;
}

/** A line on a terminal that shows how far a run is; where stderr is no terminal, the log shows it. */
export function openProgress({ stderr, verbosity }: CommandContext): Progress {
  if (stderr.isTTY !== true || verbosity === 'quiet') {
    const nothing = () => undefined;
    return { onPlanned: nothing, onPage: nothing, stop: nothing, stderr };
  }
  const bar = new cliProgress.SingleBar({
    format:
      '{tasks} tasks planned · {pages} pages · {records} records · {inserted} new events · {duration} s',
    fps: drawsPerSecond,
    clearOnComplete: true,
    hideCursor: true,
    linewrap: false,
    stream: process.stderr,
  });
  const counts = { tasks: 0, pages: 0, records: 0, inserted: 0 };
  const shown = () => ({
    tasks: humanCount(counts.tasks),
    pages: humanCount(counts.pages),
    records: humanCount(counts.records),
    inserted: humanCount(counts.inserted),
  });
  bar.start(1, 0, shown());
  return {
    onPlanned(_runId, tasks) {
      counts.tasks += tasks;
      bar.update(0, shown());
    },
    onPage(records, inserted) {
      counts.pages += 1;
      counts.records += records;
      counts.inserted += inserted;
      bar.update(0, shown());
    },
    stderr: { ...terminalOf(stderr), write: (text) => stderr.write(clearLine + text) },
    stop() {
      bar.stop();
      stderr.write(clearLine);
    },
  };
}

function terminalOf({ columns }: Output): Omit<Output, 'write'> {
  return columns === undefined ? { isTTY: true } : { isTTY: true, columns };
}
