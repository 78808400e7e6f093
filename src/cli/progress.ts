import cliProgress from 'cli-progress';
import type { ProgressListener } from './compose.ts';
import type { Output } from './context.ts';
import { humanCount } from './output.ts';

/** Back to the beginning of the terminal's line, and nothing on it. */
const clearLine = '\r\u001b[K';

/** How often the line is drawn again. */
const drawsPerSecond = 4;

export interface Progress extends ProgressListener {
  /** Where log lines go while the line is shown: it makes room for them. */
  readonly stderr: Output;
  stop(): void;
}

/** A line on a terminal that shows how far a run is; elsewhere the log tells, and this does nothing. */
export function openProgress(stderr: Output): Progress {
  if (stderr.isTTY !== true) {
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
