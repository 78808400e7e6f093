import { printableLine } from '../../printable.ts';
import { type Look, marked } from './marks.ts';
import { padded, widthOf, wrapped } from './width.ts';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Names the row, where each row becomes a paragraph. */
  readonly isKey?: boolean;
  /** Free text: it is broken into lines where the table is too wide. */
  readonly wraps?: boolean;
  /** Where the table is too wide, columns leave in this order; one without a number stays. */
  readonly leavesAs?: number;
  /** How a cell stands out. */
  readonly look?: (cell: string) => Look | undefined;
}

/** A narrower column of free text is read worse than a paragraph. */
const wrapCharsMin = 16;
const between = 2;

/**
 * Rows under their titles, padded so that they line up; no trailing blanks. Where `columns` of the terminal are too few,
 * free text is broken into lines, then columns leave, and at last each row becomes a paragraph without those.
 */
export function renderTable(
  given: readonly TableColumn[],
  texts: readonly (readonly string[])[],
  width = Infinity,
): string {
  const rows = texts.map((cells) => cells.map(printableLine));
  const leaving = given.map((column, index) =>
    leavesAt(
      column,
      rows.map((row) => row[index] ?? ''),
    ),
  );
  const steps = [...new Set([0, ...leaving.filter(Number.isFinite)])].toSorted((a, b) => a - b);
  for (const step of steps) {
    const shown = given
      .map((column, index) => ({ column, index }))
      .filter(({ index }) => (leaving[index] ?? Infinity) > step);
    const columns = shown.map(({ column }) => column);
    const cells = rows.map((row) => shown.map(({ index }) => row[index] ?? ''));
    const widths = fittedWidths(columns, cells, width);
    if (widths !== undefined) return renderLines(columns, cells, widths);
  }
  return renderParagraphs(given, rows, width);
}

/** After those that leave in any case. */
const quietStep = 100;

/** The step at which a column leaves; one that says nothing in any row leaves before rows become paragraphs. */
function leavesAt({ leavesAs, isKey, wraps }: TableColumn, cells: readonly string[]): number {
  if (leavesAs !== undefined) return leavesAs;
  return isKey !== true && wraps !== true && cells.every(isQuiet) ? quietStep : Infinity;
}

function isQuiet(cell: string): boolean {
  return cell === '' || cell === '0' || cell === '–';
}

/** The width of each column; undefined where they do not fit. */
function fittedWidths(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): number[] | undefined {
  const widths = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  const excess = widths.reduce((sum, one) => sum + one, between * (columns.length - 1)) - width;
  if (excess <= 0) return widths;
  const free = columns.findIndex(({ wraps }) => wraps === true);
  const freeWidth = (widths[free] ?? 0) - excess;
  const title = columns[free]?.title ?? '';
  if (free < 0 || freeWidth < Math.max(wrapCharsMin, widthOf(title))) return undefined;
  return widths.with(free, freeWidth);
}

function renderLines(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  widths: readonly number[],
): string {
  const line = (cells: readonly string[], look: (cell: string, index: number) => Look | undefined) =>
    linesOf(cells, columns, widths, look);
  const titles = columns.map(({ title }) => title);
  return [
    ...line(titles, () => 'strong'),
    ...rows.flatMap((row) => line(row, (cell, index) => columns[index]?.look?.(cell))),
  ].join('\n');
}

/** One row; several lines where free text is broken. */
function linesOf(
  cells: readonly string[],
  columns: readonly TableColumn[],
  widths: readonly number[],
  look: (cell: string, index: number) => Look | undefined,
): string[] {
  const parts = cells.map((cell, index) =>
    columns[index]?.wraps === true ? wrapped(cell, widths[index] ?? 0).split('\n') : [cell],
  );
  const height = Math.max(...parts.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) => {
    const last = parts.findLastIndex((part) => (part[at] ?? '') !== '');
    return parts
      .slice(0, last + 1)
      .map((part, index) => {
        const text = part[at] ?? '';
        const align = columns[index]?.align ?? 'left';
        const cell = marked(look(cells[index] ?? '', index), text);
        return index === last && align === 'left' ? cell : padded(cell, widths[index] ?? 0, align);
      })
      .join(' '.repeat(between));
  });
}

const indent = '  ';

/** Each row as a paragraph: its keys, then what else it says, each with its title. */
function renderParagraphs(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  return rows.map((row) => paragraphOf(columns, row, width)).join('\n');
}

function paragraphOf(columns: readonly TableColumn[], row: readonly string[], width: number): string {
  const cells = columns
    .map((column, index) => ({ ...column, cell: row[index] ?? '' }))
    .filter(({ cell, leavesAs }) => !isQuiet(cell) && leavesAs === undefined);
  const keys = cells.filter(({ isKey }) => isKey === true).map(({ title, cell }) => titled(title, cell));
  const short = cells.filter(({ isKey, wraps }) => isKey !== true && wraps !== true);
  const long = cells.filter(({ isKey, wraps }) => isKey !== true && wraps === true);
  const facts = short.map(({ title, cell, look }) => `${title} ${marked(look?.(cell), cell)}`);
  return [
    ...wrapped(keys.join(' · '), width)
      .split('\n')
      .map((line) => marked('strong', line)),
    ...(facts.length === 0 ? [] : [joined(facts, width)]),
    ...long.map(({ cell }) => wrapped(`${indent}${cell}`, width)),
  ].join('\n');
}

/** A name says what it is; a number needs its title. */
function titled(title: string, cell: string): string {
  return /^[\d,]+$/u.test(cell) ? `${title} ${cell}` : cell;
}

/** Facts in as few lines as fit; none is broken where it fits into a line. */
function joined(facts: readonly string[], width: number): string {
  const lines: string[] = [];
  for (const fact of facts) {
    const longer = `${lines.at(-1) ?? ''} · ${fact}`;
    if (lines.length > 0 && widthOf(longer) <= width) lines.splice(-1, 1, longer);
    else lines.push(`${indent}${fact}`);
  }
  return lines.map((line) => wrapped(line, width, `${indent}${indent}`)).join('\n');
}
