import type { Output } from '../context.ts';
import { type Look, marked, withColors, withoutMarks } from './marks.ts';
import { wrapped } from './width.ts';

const looks: Readonly<Record<string, Look>> = {
  debug: 'faint',
  trace: 'faint',
  warn: 'warn',
  error: 'bad',
  fatal: 'bad',
};

/** Takes lines of the log as JSON and writes them for people: time, level, message, fields, broken at blanks on a terminal. */
export function openLogLines(output: Output): { write(line: string): void } {
  return {
    write(line) {
      const text = textOf(JSON.parse(line), output.timeZone ?? 'UTC');
      const lines = output.isTTY === true ? wrapEach(text, output.columns ?? defaultColumns) : text;
      output.write(`${output.isColored === true ? withColors(lines) : withoutMarks(lines)}\n`);
    },
  };
}

const defaultColumns = 80;
const indent = ' '.repeat(9);

function textOf(record: unknown, timeZone: string): string {
  const { level, time, msg, error, ...fields } = {
    level: '',
    time: '',
    msg: '',
    error: undefined,
    ...fieldsOf(record),
  };
  const { stack, ...facts } = fieldsOf(error);
  const texts = Object.entries({ ...fields, ...facts }).map(([name, value]) => `${name}=${valueText(value)}`);
  const name = level;
  const head = `${clockOf(time, timeZone)} ${marked(looks[name], name.toUpperCase())} ${msg}`;
  return [[head, ...texts].join(' '), ...(typeof stack === 'string' ? [stack] : [])].join('\n');
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function valueText(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}

/** The time of day; the day is the reader's own. */
function clockOf(time: string, timeZone: string): string {
  return new Date(time).toLocaleTimeString('sv-SE', { timeZone });
}

function wrapEach(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => wrapped(line, columns, indent))
    .join('\n');
}
