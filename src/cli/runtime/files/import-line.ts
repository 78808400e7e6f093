import { humanDuration } from '../../../operations/format.ts';
import type { ImportStage } from '../../../pipeline/import/import-progress.ts';
import type { CommandContext, Output } from '../../context.ts';

/** Moves to the start of the terminal's line and clears it. */
const clearLine = '\r\u001b[K';

// A person at a terminal sees it move; a log gets a line now and then.
const terminalIntervalMs = 250;
const logIntervalMs = 30_000;

export interface ImportLine {
  readonly onStage: (stage: ImportStage) => void;
  /** For other lines: they are written above this one. */
  readonly stderr: Output;
  stop(): void;
}

/** A line that says how far an import is and how long it will take. */
export function openImportLine({ stderr, verbosity, now }: CommandContext): ImportLine {
  const isTerminal = stderr.isTTY === true;
  const intervalMs = isTerminal ? terminalIntervalMs : logIntervalMs;
  let shownAtMs = now().getTime();
  return {
    onStage({ fraction, leftMs }) {
      const nowMs = now().getTime();
      if (verbosity === 'quiet' || nowMs - shownAtMs < intervalMs) return;
      shownAtMs = nowMs;
      const left = leftMs === undefined ? '' : `, ${humanDuration(leftMs)} left`;
      const text = `${(fraction * 100).toFixed(1)} % imported${left}`;
      stderr.write(isTerminal ? `${clearLine}${text}` : `${text}\n`);
    },
    stderr: isTerminal ? { ...stderr, write: (text) => stderr.write(clearLine + text) } : stderr,
    stop() {
      if (isTerminal) stderr.write(clearLine);
    },
  };
}
