import { once } from 'node:events';
import { printableJson, printableText } from '../printable.ts';
import type { CommandContext, Output } from './context.ts';
import { withColors, withoutMarks } from './terminal/marks.ts';
import { columnsOf } from './terminal/terminal.ts';
import { wrapped } from './terminal/width.ts';

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

/** Prints lines for people: printable, broken at blanks where a terminal is too narrow, with colors where it has them. */
export function printLines(output: Output, lines: readonly string[]): void {
  output.write(lines.map((line) => `${shownOn(output, line)}\n`).join(''));
}

/** Prints lines that are no results on stderr, unless `--quiet` is given. */
export function noticesOf({
  stderr,
  verbosity,
}: Pick<CommandContext, 'stderr' | 'verbosity'>): (line: string) => void {
  return (line) => {
    if (verbosity !== 'quiet') printLines(stderr, [line]);
  };
}

function shownOn(output: Output, text: string): string {
  const columns = columnsOf(output);
  const lines = printableText(text)
    .split('\n')
    .map((line) => wrapped(line, columns))
    .join('\n');
  return output.isColored === true ? withColors(lines) : withoutMarks(lines);
}
