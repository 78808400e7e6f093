import { humanDuration } from '../../../operations/format.ts';
import type { ImportStage } from '../../../pipeline/import/import-progress.ts';
import type { CommandContext, Output } from '../../context.ts';
import { bar, fitParts, openLiveLine } from '../../terminal/live-line.ts';

/** Where stderr is no terminal, a line comes now and then. */
const logIntervalMs = 30_000;
const barChars = 20;

export interface ImportLine {
  readonly onStage: (stage: ImportStage) => void;
  /** For other lines: they are written above this one. */
  readonly stderr: Output;
  stop(): void;
}

/** A line that says how far an import is and how long it will take. */
export function openImportLine({ stderr, verbosity, now }: CommandContext): ImportLine {
  let stage: ImportStage = { fraction: 0, leftMs: undefined };
  const text = ({ fraction, leftMs }: ImportStage) => [
    { text: bar(fraction, barChars), leavesAs: 2 },
    { text: `${(fraction * 100).toFixed(1)} % imported`, leavesAs: 0 },
    { text: leftMs === undefined ? '' : `${humanDuration(leftMs)} left`, leavesAs: 1 },
  ];
  if (stderr.isTTY === true && verbosity !== 'quiet') {
    const line = openLiveLine(stderr, (columns) => fitParts(text(stage), columns));
    return { ...line, onStage: (next) => (stage = next) };
  }
  let shownAtMs = now().getTime();
  return {
    onStage(next) {
      const nowMs = now().getTime();
      if (verbosity === 'quiet' || nowMs - shownAtMs < logIntervalMs) return;
      shownAtMs = nowMs;
      stderr.write(`${fitParts(text(next).slice(1), Infinity)}\n`);
    },
    stderr,
    stop: () => undefined,
  };
}
