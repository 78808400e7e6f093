import { childOf, type PathNode } from './wanted-paths.ts';
import { localName } from '../request/xml-text.ts';

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

interface Markup {
  readonly bytes: Uint8Array;
  /** The same, four at a time, as far as they go. */
  readonly words: Int32Array;
}

/** Bytes of a response, with a view of them for reading four at a time. */
export interface ByteRange {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

// A record with all properties of its type has some 2 KB of markup.
const markupBytesMax = 16 * 1024;

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

/**
 * The template of a record, from its bytes: from the end of the record before it to its own end. Undefined for
 * a record that one could be mistaken for: with an element twice, with names and values, or with comments,
 * CDATA, references and the like in its markup.
 *
 * `parent` is the wanted element that records stand in.
 */
export function learnTemplate(record: Uint8Array, parent: PathNode): RecordTemplate | undefined {
  const text = Buffer.from(record).toString('latin1');
  const open: { readonly name: string; readonly node: PathNode | undefined }[] = [];
  const seen = new Set<PathNode>();
  const markup: Markup[] = [];
  const properties: number[] = [];
  let pieceFrom = 0;
  let at = endOfSpace(text, 0);
  while (at < text.length) {
    const tag = tagAt(text, at);
    if (tag === undefined) return undefined;
    at = tag.end;
    if (tag.kind === 'close') {
      if (open.pop()?.name !== tag.name) return undefined;
      if (open.length === 0) break;
    } else {
      const node = nodeOf(open.length === 0 ? parent : open.at(-1)?.node, tag.name);
      if (node !== undefined && (node.kind === 'partner' || seen.has(node))) return undefined;
      if (node !== undefined) seen.add(node);
      if (tag.kind === 'open') {
        open.push({ name: tag.name, node });
        const end = text.indexOf('<', at);
        if (text[end + 1] === '/' && !tag.isNil) {
          markup.push(markupOf(record.subarray(pieceFrom, at)));
          properties.push(node?.kind === 'field' ? node.propertyIndex : -1);
          pieceFrom = end;
          at = end;
          continue;
        }
      }
    }
    at = endOfSpace(text, at);
  }
  if (open.length > 0 || at !== text.length || text.length > markupBytesMax) return undefined;
  markup.push(markupOf(record.subarray(pieceFrom)));
  return { markup, properties };
}

interface Tag {
  readonly kind: 'open' | 'close' | 'empty';
  readonly name: string;
  readonly isNil: boolean;
  readonly end: number;
}

const tagPattern =
  /<(?:\/(?<closed>[\w:.-]+)|(?<name>[\w:.-]+)(?<attributes>(?: +[\w:.-]+="[^"<>&]*")*) *(?<slash>\/?))>/uy;

/** The tag at `at`; undefined for anything that is not a plain one. */
function tagAt(text: string, at: number): Tag | undefined {
  tagPattern.lastIndex = at;
  const groups = tagPattern.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { closed, name = '', attributes = '', slash } = groups;
  const end = tagPattern.lastIndex;
  if (closed !== undefined) return { kind: 'close', name: closed, isNil: false, end };
  const isNil = [...attributes.matchAll(/([\w:.-]+)=/gu)].some(([, one = '']) => localName(one) === 'nil');
  return { kind: slash === '/' ? 'empty' : 'open', name, isNil, end };
}

function nodeOf(parent: PathNode | undefined, name: string): PathNode | undefined {
  return parent === undefined ? undefined : childOf(parent, name);
}

function endOfSpace(text: string, from: number): number {
  let at = from;
  while (' \n\t\r'.includes(text[at] ?? 'x')) at += 1;
  return at;
}

function markupOf(bytes: Uint8Array): Markup {
  // A copy, since the bytes are a part of the chunk that they came in.
  const own = Uint8Array.from(bytes);
  const { view } = byteRangeOf(own);
  const words = Int32Array.from({ length: own.length >> 2 }, (_, index) => view.getInt32(4 * index, true));
  return { bytes: own, words };
}

const lessThan = 0x3c;
const ampersand = 0x26;
