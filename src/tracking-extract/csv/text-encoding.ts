import { isUtf8 } from 'node:buffer';

/** How the text of a file is written. */
export interface TextEncoding {
  readonly name: 'utf-8' | 'utf-16le' | 'utf-16be';
  /** Bytes of the mark at its beginning. */
  readonly markBytes: number;
}

/** Told by the mark at the beginning; without one UTF-16 shows by the zero half of its first letters. */
export function detectEncoding(start: Buffer): TextEncoding {
  const [first = 0, second = 0, third = 0] = start;
  if (first === 0xff && second === 0xfe) return { name: 'utf-16le', markBytes: 2 };
  if (first === 0xfe && second === 0xff) return { name: 'utf-16be', markBytes: 2 };
  if (first === 0xef && second === 0xbb && third === 0xbf) return { name: 'utf-8', markBytes: 3 };
  if (start.length >= 2 && first === 0) return { name: 'utf-16be', markBytes: 0 };
  if (start.length >= 2 && second === 0) return { name: 'utf-16le', markBytes: 0 };
  return { name: 'utf-8', markBytes: 0 };
}

export interface DecodedText {
  readonly text: string;
  /** Some bytes were no text; the replacement character stands for each. */
  readonly isDamaged: boolean;
}

/** Decodes bytes that end where a character ends. */
export function decodeText(bytes: Buffer, { name }: TextEncoding): DecodedText {
  if (name === 'utf-16le') return { text: bytes.toString('utf16le'), isDamaged: false };
  if (name === 'utf-16be') return { text: Buffer.from(bytes).swap16().toString('utf16le'), isDamaged: false };
  return { text: bytes.toString('utf8'), isDamaged: !isUtf8(bytes) };
}

/** Where the last line of these bytes ends, so that they can be cut there; 0 where none does. */
export function endOfLastLine(bytes: Buffer, encoding: TextEncoding): number {
  return endOfLineBefore(bytes, encoding, bytes.length);
}

/** Where the last `count` lines begin, in bytes that end with a line. */
export function startOfLastLines(bytes: Buffer, encoding: TextEncoding, count: number): number {
  const unit = encoding.name === 'utf-8' ? 1 : 2;
  let end = bytes.length;
  for (let line = 0; line < count; line += 1) end = endOfLineBefore(bytes, encoding, end - unit);
  return end;
}

/** The end of the last line that ends at `before` or earlier; 0 where none does. */
function endOfLineBefore(bytes: Buffer, { name }: TextEncoding, before: number): number {
  if (name === 'utf-8') return before <= 0 ? 0 : bytes.lastIndexOf(0x0a, before - 1) + 1;
  const low = name === 'utf-16le' ? 0 : 1;
  for (let at = (before & ~1) - 2; at >= 0; at -= 2)
    if (bytes[at + low] === 0x0a && bytes[at + 1 - low] === 0) return at + 2;
  return 0;
}
