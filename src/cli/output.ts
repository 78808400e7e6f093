import { once } from 'node:events';
import { printableJson, printableLine, printableText } from '../printable.ts';
import type { CommandContext, Output } from './context.ts';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Rows under their titles, each on one printable line, padded so that they line up; no trailing blanks. */
export function renderTable(columns: readonly TableColumn[], texts: readonly (readonly string[])[]): string {
  const rows = texts.map((cells) => cells.map(printableLine));
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
  output.write(`${printableJson(JSON.stringify(value))}\n`);
}

/** One object with one list, printed while it is read; waits for a slow reader of the output. */
export async function printJsonList(
  output: Output,
  name: string,
  read: (take: (items: readonly unknown[]) => Promise<void>) => Promise<unknown>,
): Promise<void> {
  let separator = '';
  output.write(`{${JSON.stringify(name)}:[`);
  await read(async (items) => {
    const texts = items.map((item) => printableJson(JSON.stringify(item)));
    await writeAndWait(output, `${separator}${texts.join(',')}`);
    separator = ',';
  });
  output.write(']}\n');
}

/** Writes the text, and waits where the output takes no more for the moment. */
export async function writeAndWait(output: Output, text: string): Promise<void> {
  const isTaken = output.write(text);
  if (isTaken === false) await once(process.stdout, 'drain');
}

export function printLines(output: Output, lines: readonly string[]): void {
  output.write(lines.map((line) => `${printableText(line)}\n`).join(''));
}

/** Prints lines that are no results on stderr, unless `--quiet` is given. */
export function noticesOf({
  stderr,
  verbosity,
}: Pick<CommandContext, 'stderr' | 'verbosity'>): (line: string) => void {
  return (line) => {
    if (verbosity !== 'quiet') stderr.write(`${printableText(line)}\n`);
  };
}
