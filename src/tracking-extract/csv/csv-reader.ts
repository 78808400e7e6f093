import { ConfigInvalidError } from '../../errors.ts';
import { type DamagedLine, type SplitRecords, splitRecords } from './split-records.ts';
import {
  decodeText,
  detectEncoding,
  endOfLastLine,
  startOfLastLines,
  type TextEncoding,
} from './text-encoding.ts';

/** Where in a file reading can go on. */
export interface FilePosition {
  /** Bytes before it. */
  readonly offset: number;
  /** The line that begins there, counted from 1. */
  readonly line: number;
}

/** What the first line of a file says of it. */
export interface FileForm {
  readonly encoding: TextEncoding;
  readonly delimiter: string;
  readonly header: readonly string[];
  /** Where the first record begins. */
  readonly start: FilePosition;
}

/** Records that were read together. */
export interface CsvChunk {
  readonly records: readonly (readonly string[])[];
  /** The line on which each begins. */
  readonly lines: readonly number[];
  readonly damaged: readonly DamagedLine[];
  /** Where the next chunk begins. */
  readonly next: FilePosition;
}

// About ten thousand records: many enough for one statement of Postgres, few enough for memory.
const chunkBytes = 1024 * 1024;

// A longer line is no line of these files.
const lineBytesMax = 4 * 1024 * 1024;

const delimiters = [',', '\t', '|', ';'];

/** Opens the file at a number of bytes from its beginning. */
export type OpenBytes = (offset: number) => AsyncIterable<Buffer>;

/**
 * Reads the first line: encoding, delimiter, names of the columns. Undefined for an empty file.
 *
 * @throws {ConfigInvalidError} where it is no text.
 */
export async function readForm(name: string, open: OpenBytes): Promise<FileForm | undefined> {
  let bytes = Buffer.alloc(0);
  let end = 0;
  for await (const part of open(0)) {
    bytes = Buffer.concat([bytes, part]);
    end = bytes.length < 2 ? 0 : firstLineEnd(bytes, detectEncoding(bytes));
    if (end > 0) break;
    checkLine(name, bytes);
  }
  const encoding = detectEncoding(bytes);
  const line = bytes.subarray(encoding.markBytes, end > 0 ? end : bytes.length);
  const text = decodeText(line, encoding).text.replace(/\r?\n$/u, '');
  if (text.trim() === '') return undefined;
  if (text.includes('\u0000')) throw new ConfigInvalidError(`${name} is no text file`);
  const delimiter = mostFrequent(text);
  const { records } = splitRecords(text, {
    ...{ delimiter, fieldCount: text.split(delimiter).length, firstLine: 1, isEnd: true },
  });
  const header = records[0] ?? text.split(delimiter);
  const offset = end > 0 ? end : bytes.length;
  return { encoding, delimiter, header, start: { offset, line: 2 } };
}

function firstLineEnd(bytes: Buffer, { name }: TextEncoding): number {
  if (name === 'utf-8') return bytes.indexOf(0x0a) + 1;
  const end = bytes.indexOf(Buffer.from(name === 'utf-16le' ? [0x0a, 0] : [0, 0x0a]));
  return end === -1 ? 0 : end + 2;
}

function mostFrequent(text: string): string {
  const countOf = (delimiter: string) => text.split(delimiter).length;
  return delimiters.reduce((best, next) => (countOf(next) > countOf(best) ? next : best));
}

function checkLine(name: string, bytes: Buffer): void {
  if (bytes.length > lineBytesMax)
    throw new ConfigInvalidError(`${name} is no text file: it has a line of more than 4 MB`);
}

/** Reads the records from a position on, in chunks of constant size. */
export async function* readChunks(
  name: string,
  form: FileForm,
  open: OpenBytes,
  from: FilePosition,
): AsyncGenerator<CsvChunk> {
  let position = from;
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of open(from.offset)) {
    pieces.push(piece);
    size += piece.length;
    if (size < chunkBytes) continue;
    const bytes = Buffer.concat(pieces);
    const end = endOfLastLine(bytes, form.encoding);
    checkLine(name, bytes.subarray(end));
    const chunk = chunkOf(form, position, bytes.subarray(0, end), false);
    const left = bytes.subarray(chunk.next.offset - position.offset);
    ({ next: position } = chunk);
    pieces = [left];
    size = left.length;
    if (chunk.lines.length + chunk.damaged.length > 0) yield chunk;
  }
  yield chunkOf(form, position, Buffer.concat(pieces), true);
}

function chunkOf(
  { encoding, delimiter, header }: FileForm,
  at: FilePosition,
  bytes: Buffer,
  isEnd: boolean,
): CsvChunk {
  const { text, isDamaged } = decodeText(bytes, encoding);
  const split = splitRecords(text, { delimiter, fieldCount: header.length, firstLine: at.line, isEnd });
  const { rest, nextLine: line } = split;
  const restBytes =
    rest === text.length ? 0 : bytes.length - startOfLastLines(bytes, encoding, countLines(text, rest));
  const next = { offset: at.offset + bytes.length - restBytes, line };
  return { ...(isDamaged ? withoutDamaged(split, delimiter) : split), next };
}

function countLines(text: string, from: number): number {
  let count = 0;
  for (let end = text.indexOf('\n', from); end !== -1; end = text.indexOf('\n', end + 1)) count += 1;
  return count;
}

/** Records with a character that stands for bytes that are no text become damaged lines. */
function withoutDamaged(
  split: SplitRecords,
  delimiter: string,
): Pick<CsvChunk, 'records' | 'lines' | 'damaged'> {
  const damaged = [...split.damaged];
  const kept = split.records.flatMap((fields, index) => {
    const line = split.lines[index] ?? 0;
    if (!fields.some((field) => field.includes('\ufffd'))) return [{ fields, line }];
    damaged.push({ line, text: fields.join(delimiter), reason: 'it holds bytes that are not UTF-8' });
    return [];
  });
  return { records: kept.map(({ fields }) => fields), lines: kept.map(({ line }) => line), damaged };
}
