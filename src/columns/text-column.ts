/**
 * The texts of a column as Postgres takes them: UTF-8, each with its length in bytes before it, one after the
 * other. So a value is encoded once, and what came as bytes stays bytes.
 */
export interface Texts {
  bytes: Buffer;
  /** Where each row ends in `bytes`; the next one begins there. */
  ends: Int32Array;
}

const lengthBytes = 4;
const nullLength = -1;
// UTF-8 needs at most three bytes for each UTF-16 unit.
const unitBytesMax = 3;
// Above this, the runtime's encoder is faster than a loop over the characters.
const loopedCharsMax = 256;
/** Room for texts that are a little longer than expected: growing once more would copy all of them. */
const sparePart = 1.1;

export function createTexts(capacity: number): Texts {
  return { bytes: noBytes, ends: capacity === 0 ? noEnds : new Int32Array(capacity) };
}

// Shared: what has no room is never written.
const noBytes = Buffer.alloc(0);
const noEnds = new Int32Array(0);

/** Makes room for `rows` texts, which are expected to be as long as those before. */
export function growTexts(texts: Texts, rows: number): void {
  const { ends } = texts;
  texts.ends = new Int32Array(rows);
  texts.ends.set(ends);
  if (ends.length > 0)
    withRoom(texts, Math.ceil((rows * startOf(texts, ends.length) * sparePart) / ends.length));
}

/** Writes a row again or the one after the last. Half of a surrogate pair becomes U+FFFD. */
export function putTextOf(texts: Texts, row: number, text: string): void {
  const at = startOf(texts, row);
  const bytes = withRoom(texts, at + lengthBytes + text.length * unitBytesMax);
  endText(texts, row, encode(text, bytes, at + lengthBytes));
}

export function putNullText(texts: Texts, row: number): void {
  const at = startOf(texts, row);
  withRoom(texts, at + lengthBytes).writeInt32BE(nullLength, at);
  texts.ends[row] = at + lengthBytes;
}

/** The text of a row that has one. */
export function textAt(texts: Texts, row: number): string {
  return texts.bytes.toString('utf8', startOf(texts, row) + lengthBytes, texts.ends[row]);
}

/** Some of the rows, in their order. */
export function selectTexts(texts: Texts, rows: readonly number[]): Texts {
  const ends = new Int32Array(rows.length);
  let end = 0;
  const pieces = rows.map((row, index) => {
    const piece = texts.bytes.subarray(startOf(texts, row), texts.ends[row]);
    end += piece.length;
    ends[index] = end;
    return piece;
  });
  return { bytes: Buffer.concat(pieces), ends };
}

/** Where the bytes of a row's text are to be written, with room for `count`; to be ended by `endText`. */
export function beginText(texts: Texts, row: number, count: number): number {
  const at = startOf(texts, row) + lengthBytes;
  withRoom(texts, at + count);
  return at;
}

/** Ends the text of a row whose bytes are in place up to `end`. */
export function endText(texts: Texts, row: number, end: number): void {
  const at = startOf(texts, row);
  texts.bytes.writeInt32BE(end - at - lengthBytes, at);
  texts.ends[row] = end;
}

function startOf({ ends }: Texts, row: number): number {
  return row === 0 ? 0 : (ends[row - 1] ?? 0);
}

function withRoom(texts: Texts, size: number): Buffer {
  if (size <= texts.bytes.length) return texts.bytes;
  const grown = Buffer.allocUnsafeSlow(Math.max(size, texts.bytes.length * 2, 1024));
  texts.bytes.copy(grown);
  texts.bytes = grown;
  return grown;
}

/** Short plain text, which nearly all is, is copied here: a call into the runtime would cost more. */
function encode(text: string, bytes: Buffer, at: number): number {
  const { length } = text;
  if (length > loopedCharsMax) return at + bytes.write(text, at);

  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return at + bytes.write(text, at);

    bytes[at + index] = code;
  }
  return at + length;
}
