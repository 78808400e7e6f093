import { isUtf8 } from 'node:buffer';
import { microsFromCentralBytes } from './central-bytes.ts';
import { type Column, type IntegerColumn, putNull, putWholeNumber } from './column.ts';
import { beginText, endText, type Texts } from './text-column.ts';
import { hexDigits } from './values.ts';

/**
 * Writes one value from its bytes, as they stand in the response, into its row. Returns false for whatever is
 * unusual, which `putText` is to read then; both write the same values.
 */
export function putBytes(column: Column, row: number, bytes: Uint8Array, from: number, to: number): boolean {
  if (from === to && column.kind !== 'text') return putNull(column, row) === undefined;

  column.nulls[row] = 0;
  switch (column.kind) {
    case 'integer':
      return putInteger(column, row, bytes, from, to);
    case 'instant': {
      const micros = microsFromCentralBytes(bytes, from, to);
      column.micros[row] = micros;
      return !Number.isNaN(micros);
    }
    case 'text':
      return putTextBytes(column, row, bytes, from, to);
    case 'uuid':
      return putUuid(column.words, row * 4, bytes, from, to);
    case 'boolean':
      return putBoolean(column.values, row, bytes, from, to);
  }
}

/** The number in up to fifteen plain digits, which a JavaScript number holds exactly; NaN for anything else. */
export function integerOfBytes(bytes: Uint8Array, from: number, to: number): number {
  if (from === to || to - from > 15) return NaN;

  let value = 0;
  for (let index = from; index < to; index += 1) {
    const digit = (bytes[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return NaN;

    value = value * 10 + digit;
  }
  return value;
}

function putInteger(
  column: IntegerColumn,
  row: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  const value = integerOfBytes(bytes, from, to);
  if (Number.isNaN(value)) return false;

  putWholeNumber(column, row, value);
  return true;
}

/** Text without controls, and with no other references than those to `&`, `<`, `>` and quotes. */
function putTextBytes(texts: Texts, row: number, bytes: Uint8Array, from: number, to: number): boolean {
  let at = beginText(texts, row, to - from);
  const target = texts.bytes;
  let everyBit = 0;
  for (let index = from; index < to; index += 1) {
    let byte = bytes[index] ?? 0;
    if (byte < 0x20) return false;
    if (byte === ampersand) {
      const reference = referenceAt(bytes, index + 1);
      if (reference === undefined) return false;
      byte = reference.byte;
      index += reference.length;
    }
    everyBit |= byte;
    target[at] = byte;
    at += 1;
  }
  if (everyBit > 0x7f && !isPlainUtf8(bytes, from, to)) return false;
  endText(texts, row, at);
  return true;
}

/** Beyond ASCII: UTF-8, without the characters from U+F000 on, two of which XML forbids. */
function isPlainUtf8(bytes: Uint8Array, from: number, to: number): boolean {
  const text = bytes.subarray(from, to);
  return !text.includes(0xef) && isUtf8(text);
}

interface Reference {
  readonly byte: number;
  /** Of its name with the semicolon. */
  readonly length: number;
}

/** The reference whose name begins at `at`; undefined for one that only sax resolves. */
function referenceAt(bytes: Uint8Array, at: number): Reference | undefined {
  for (const reference of references) if (isAt(reference.name, bytes, at)) return reference;

  return undefined;
}

function isAt(word: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < word.length; index += 1) if (bytes[at + index] !== word[index]) return false;

  return true;
}

// In the order of their frequency. A name holds no `<`, so none reaches beyond its value.
const references = (
  [
    ['amp;', '&'],
    ['lt;', '<'],
    ['gt;', '>'],
    ['quot;', '"'],
    ['apos;', "'"],
  ] as const
).map(([name, character]) => ({
  name: Buffer.from(name),
  byte: character.charCodeAt(0),
  length: name.length,
}));

function putUuid(words: Int32Array, at: number, bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== 36) return false;

  let word = 0;
  let digitCount = 0;
  for (let index = 0; index < 36; index += 1) {
    const byte = bytes[from + index] ?? 0;
    if (index === 8 || index === 13 || index === 18 || index === 23) {
      if (byte !== hyphen) return false;

      continue;
    }
    const digit = byte < 128 ? (hexDigits[byte] ?? -1) : -1;
    if (digit < 0) return false;

    word = (word << 4) | digit;
    digitCount += 1;
    if ((digitCount & 7) === 0) words[at + (digitCount >> 3) - 1] = word;
  }
  return true;
}

function putBoolean(values: Uint8Array, row: number, bytes: Uint8Array, from: number, to: number): boolean {
  const isTrue = isWord(trueBytes, bytes, from, to);
  values[row] = isTrue ? 1 : 0;
  return isTrue || isWord(falseBytes, bytes, from, to);
}

function isWord(word: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  return to - from === word.length && isAt(word, bytes, from);
}

const ampersand = 0x26;
const hyphen = 0x2d;
const trueBytes = Buffer.from('true');
const falseBytes = Buffer.from('false');
