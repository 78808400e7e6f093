import { ConfigInvalidError, PipelineError } from '../errors.ts';
import { redactText } from '../logger.ts';
import type { ExitCode, Output } from './context.ts';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Rows under their titles, padded so that they line up; no trailing blanks. */
export function renderTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, index) => {
    return Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0));
  });
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? '';
        const width = widths[index] ?? 0;
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)].join('\n');
}

export function printJson(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value)}\n`);
}

export function printLines(output: Output, lines: readonly string[]): void {
  output.write(lines.map((line) => `${line}\n`).join(''));
}

const counts = new Intl.NumberFormat('en-US');

export function humanCount(count: number): string {
  return counts.format(count);
}

const spans = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** The two largest units of a span: `2 h 10 min`. */
export function humanDuration(ms: number): string {
  let seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds === 0) return ms > 0 ? 'under 1 s' : '0 s';
  const parts: string[] = [];
  for (const [unit, size] of spans) {
    const count = Math.floor(seconds / size);
    if (count === 0 && parts.length === 1) break;
    if (count > 0) parts.push(`${count} ${unit}`);
    if (parts.length === 2) break;
    seconds -= count * size;
  }
  return parts.join(' ');
}

/** An instant in UTC, to the minute or to the second: `2026-07-01 02:00`. */
export function humanInstant(
  instant: Date | string | null,
  precision: 'minute' | 'second' = 'minute',
): string {
  if (instant === null) return '–';
  return new Date(instant)
    .toISOString()
    .slice(0, precision === 'minute' ? 16 : 19)
    .replace('T', ' ');
}

/** Prints what went wrong in as few lines as help, and answers with the exit code it means. */
export function reportError(stderr: Output, error: unknown, databaseAddress: string | undefined): ExitCode {
  const known = explain(error, databaseAddress);
  if (known !== undefined) {
    stderr.write(`sfmc-tracking: ${redactText(known.message)}\n`);
    return known.exitCode;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.write(
    `sfmc-tracking: this is a bug in sfmc-tracking; please report it with these lines:\n${redactText(stack)}\n`,
  );
  return 3;
}

function explain(
  error: unknown,
  databaseAddress = 'the embedded Postgres',
): { message: string; exitCode: ExitCode } | undefined {
  if (error instanceof ConfigInvalidError) return { message: error.message, exitCode: 2 };
  if (error instanceof PipelineError) {
    const { code, message, context } = error;
    if (code === 'STORE_UNAVAILABLE') {
      const reason = message.replace(/^Postgres( cannot be reached)?: /u, '');
      return {
        message: `the database at ${databaseAddress} cannot be reached: ${reason}; check DATABASE_URL`,
        exitCode: 2,
      };
    }
    if (code === 'STORE_REJECTED' && /^(28|3D|42501)/u.test(String(context['sqlState']))) {
      const reason = message.replace(/^Postgres refused a statement: /u, '');
      return {
        message: `the database at ${databaseAddress} refuses us: ${reason}; check DATABASE_URL`,
        exitCode: 2,
      };
    }
    return { message, exitCode: code === 'SOURCE_UNAVAILABLE' ? 4 : 3 };
  }
  return explainSystemError(error);
}

/** Disks that are full, paths that cannot be written: the machine's errors, which no stack explains better. */
function explainSystemError(error: unknown): { message: string; exitCode: ExitCode } | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  const advice = systemAdvice[String(error.code)];
  return advice === undefined ? undefined : { message: `${error.message}; ${advice}`, exitCode: 2 };
}

const systemAdvice: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not do that',
  EROFS: 'that file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of that path is a file',
  EADDRINUSE: 'another process listens there',
};
