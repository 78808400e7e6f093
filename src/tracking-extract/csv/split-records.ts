/** A line that is no record, as it stands in the file. */
export interface DamagedLine {
  readonly line: number;
  readonly text: string;
  readonly reason: string;
}

export interface SplitRecords {
  readonly records: string[][];
  /** The line on which each record begins, counted from 1. */
  readonly lines: number[];
  readonly damaged: DamagedLine[];
  /** Where the text begins that is no whole record yet, and the line it begins on. */
  readonly rest: number;
  readonly nextLine: number;
}

export interface SplitOptions {
  readonly delimiter: string;
  /** Number of fields of a record; a line with another number is damaged. */
  readonly fieldCount: number;
  /** The line on which the text begins. */
  readonly firstLine: number;
  /** No text follows. */
  readonly isEnd: boolean;
}

// The longest texts in these files are the replies of mail servers, of a few kilobytes.
const recordCharsMax = 256 * 1024;

const quote = '"';

/**
 * Splits CSV text into records: RFC 4180 with any delimiter, lines ended by LF or CRLF, empty lines left out.
 *
 * A quote that does not begin a field, or whose field goes on after the closing one, is an ordinary character. A quote
 * that is never closed, or whose record has the wrong number of fields, spoils one line: the text is read on from the
 * next one.
 */
export function splitRecords(text: string, options: SplitOptions): SplitRecords {
  const { delimiter, fieldCount, isEnd } = options;
  const records: string[][] = [];
  const lines: number[] = [];
  const damaged: DamagedLine[] = [];
  let at = 0;
  let line = options.firstLine;
  while (at < text.length) {
    const lineEnd = endOfLine(text, at, isEnd);
    if (lineEnd === -1) break;
    const plain = text.slice(at, withoutReturn(text, at, lineEnd));
    const quoted = plain.includes(quote) ? quotedRecord(text, at, delimiter) : undefined;
    if (quoted?.end === -1 && !isEnd && text.length - at < recordCharsMax) break;
    const fields = quoted === undefined || quoted.end === -1 ? plain.split(delimiter) : quoted.fields;
    const end = quoted === undefined || quoted.end === -1 ? lineEnd : quoted.end;
    if (fields.length === fieldCount && quoted?.end !== -1) {
      records.push(fields);
      lines.push(line);
      line += quoted === undefined ? 1 : countLines(text, at, end);
      at = end + 1;
    } else {
      if (plain !== '')
        damaged.push({ line, text: plain, reason: reasonOf(quoted?.end === -1, fields.length, fieldCount) });
      line += 1;
      at = lineEnd + 1;
    }
  }
  return { records, lines, damaged, rest: Math.min(at, text.length), nextLine: line };
}

function reasonOf(isOpen: boolean, count: number, expected: number): string {
  return isOpen ? 'a quote is not closed' : `it has ${count} fields instead of ${expected}`;
}

/** The index of the line's LF, or the end of the text where no more follows; -1 where the rest is still to come. */
function endOfLine(text: string, at: number, isEnd: boolean): number {
  const end = text.indexOf('\n', at);
  return end === -1 && isEnd ? text.length : end;
}

function withoutReturn(text: string, at: number, end: number): number {
  return end > at && text[end - 1] === '\r' ? end - 1 : end;
}

interface QuotedRecord {
  readonly fields: string[];
  /** The index of the LF that ends it; -1: a quote is not closed in this text. */
  readonly end: number;
}

function quotedRecord(text: string, start: number, delimiter: string): QuotedRecord {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    const field = text[at] === quote ? quotedField(text, at, delimiter) : plainField(text, at, delimiter);
    if (field === undefined) return { fields, end: -1 };
    fields.push(field.value);
    if (text[field.end] !== delimiter) {
      const end = text.indexOf('\n', field.end);
      return { fields, end: end === -1 ? text.length : end };
    }
    at = field.end + 1;
  }
}

interface Field {
  readonly value: string;
  /** The index of the delimiter or line end after it. */
  readonly end: number;
}

/** Undefined where the quote is not closed. */
function quotedField(text: string, start: number, delimiter: string): Field | undefined {
  let value = '';
  let from = start + 1;
  for (;;) {
    const close = text.indexOf(quote, from);
    if (close === -1) return undefined;
    value += text.slice(from, close);
    if (text[close + 1] === quote) {
      value += quote;
      from = close + 2;
      continue;
    }
    const isEnd = close + 1 >= text.length || isFieldEnd(text, close + 1, delimiter);
    return isEnd ? { value, end: close + 1 } : plainField(text, start, delimiter);
  }
}

function isFieldEnd(text: string, at: number, delimiter: string): boolean {
  const character = text[at];
  return character === delimiter || character === '\n' || (character === '\r' && text[at + 1] === '\n');
}

function plainField(text: string, start: number, delimiter: string): Field {
  const lineEnd = text.indexOf('\n', start);
  const limit = withoutReturn(text, start, lineEnd === -1 ? text.length : lineEnd);
  const next = text.indexOf(delimiter, start);
  const end = next === -1 || next > limit ? limit : next;
  return { value: text.slice(start, end), end };
}

function countLines(text: string, from: number, end: number): number {
  let count = 1;
  for (let at = text.indexOf('\n', from); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
