import type { Output } from '../context.ts';
import { padded } from './width.ts';

/** Moves to the start of the terminal's line and clears it. */
const clearLine = '\r\u001b[K';

/** More often, a reader sees flicker; less often, a standstill. */
const redrawMs = 250;

export interface LiveLine {
  /** For everything else that is written meanwhile: it goes above the line. */
  readonly stderr: Output;
  stop(): void;
}

/**
 * The last line of a terminal, drawn anew while something goes on; `read` gives its text for the columns that there are.
 * The cursor stays visible and is never moved to another line, so a process that is killed leaves the terminal as it was.
 */
export function openLiveLine(stderr: Output, read: (columns: number) => string): LiveLine {
  const draw = () => stderr.write(`${clearLine}${read((stderr.columns ?? defaultColumns) - 1)}`);
  draw();
  const timer = setInterval(draw, redrawMs);
  timer.unref();
  return {
    stderr: {
      isTTY: true,
      ...(stderr.columns === undefined ? {} : { columns: stderr.columns }),
      ...(stderr.isColored === undefined ? {} : { isColored: stderr.isColored }),
      ...(stderr.timeZone === undefined ? {} : { timeZone: stderr.timeZone }),
      write: (text) => {
        stderr.write(clearLine + text);
        draw();
      },
    },
    stop() {
      clearInterval(timer);
      stderr.write(clearLine);
    },
  };
}

const defaultColumns = 80;

/** A part of the line; where there is no room for all, those with the highest number leave first. */
export interface LinePart {
  readonly text: string;
  readonly leavesAs: number;
}

/** As many parts as fit, in their order. */
export function fitParts(parts: readonly LinePart[], columns: number): string {
  const shown = parts.filter(({ text }) => text !== '');
  const line = shown.map(({ text }) => text).join(separator);
  if (line.length <= columns) return line;
  if (shown.length < 2) return line.slice(0, columns);
  const first = Math.max(...shown.map(({ leavesAs }) => leavesAs));
  return fitParts(
    shown.filter(({ leavesAs }) => leavesAs < first),
    columns,
  );
}

const separator = ' · ';

/** `━━━━━━╌╌╌╌`, that many characters wide. */
export function bar(fraction: number, chars: number): string {
  const done = Math.min(chars, Math.floor(fraction * chars));
  return padded('━'.repeat(done), chars).replaceAll(' ', '╌');
}
