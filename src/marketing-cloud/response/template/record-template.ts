/**
 * What records of one shape have in common: the markup before, between and after their values, byte for byte.
 * The same bytes mean the same wherever they stand between two elements, so nothing of them is parsed again.
 */
export interface RecordTemplate {
  /** The pieces of markup; between one and the next stands a value. */
  readonly markup: readonly Markup[];
  /** Of each value, the index of the requested property; -1 for one that is not wanted. */
  readonly properties: readonly number[];
}

export interface Markup {
  readonly bytes: Uint8Array;
  /** The same, four at a time, as far as they go. */
  readonly words: Int32Array;
}

/** Bytes of a response, with a view of them for reading four at a time. */
export interface ByteRange {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export function byteRangeOf(bytes: Uint8Array): ByteRange {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/**
 * Finds the values of the record at `at`. Writes start and end of each wanted one into `places` (-1 for one that
 * the shape does not have) and returns where the record ends; -1 if it is of another shape, or goes on beyond
 * the bytes.
 */
export function matchTemplate(
  { markup, properties }: RecordTemplate,
  range: ByteRange,
  at: number,
  places: Int32Array,
): number {
  places.fill(-1);
  const { bytes } = range;
  let position = at;
  for (let index = 0; index < markup.length; index += 1) {
    const piece = markup[index];
    if (piece === undefined || !isMarkupAt(piece, range, position)) return -1;

    position += piece.bytes.length;
    const property = properties[index];
    if (property === undefined) continue;

    const from = position;
    if (property < 0) position = endOfUnwanted(bytes, position);
    else while (position < bytes.length && bytes[position] !== lessThan) position += 1;

    if (property < 0) continue;
    places[2 * property] = from;
    places[2 * property + 1] = position;
  }
  return position;
}

function isMarkupAt({ bytes: expected, words }: Markup, { bytes, view }: ByteRange, at: number): boolean {
  if (at + expected.length > bytes.length) return false;

  const wordCount = words.length;
  for (let index = 0; index < wordCount; index += 1)
    if (view.getInt32(at + 4 * index, true) !== words[index]) return false;

  for (let index = 4 * wordCount; index < expected.length; index += 1)
    if (bytes[at + index] !== expected[index]) return false;

  return true;
}

/** The end of a value that is only passed over: plain ASCII, so that nothing in it has to be parsed. */
function endOfUnwanted(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 || byte > 0x7e || byte === ampersand || byte === lessThan) return at;
    at += 1;
  }
}

/** A copy, since the bytes are a part of the chunk that they came in. */
export function markupOf(bytes: Uint8Array): Markup {
  const own = Uint8Array.from(bytes);
  const { view } = byteRangeOf(own);
  const words = Int32Array.from({ length: own.length >> 2 }, (_, index) => view.getInt32(4 * index, true));
  return { bytes: own, words };
}

const lessThan = 0x3c;
const ampersand = 0x26;
