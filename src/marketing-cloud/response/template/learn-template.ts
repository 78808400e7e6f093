import { localName } from '../../request/xml-text.ts';
import { type Markup, markupOf, type RecordTemplate } from './record-template.ts';
import { childOf, type PathNode } from '../wanted-paths.ts';

// A record with all properties of its type has some 2 KB of markup.
const markupBytesMax = 16 * 1024;

/**
 * The template of a record, from its bytes: from the end of the record before it to its own end. Undefined for
 * a record that one could be mistaken for: with a property twice, or with comments, CDATA, references and the like
 * in its markup. The name of a name and value (`PartnerProperties`) is part of the markup.
 *
 * `parent` is the wanted element that records stand in.
 */
export function learnTemplate(
  record: Uint8Array,
  parent: PathNode,
  wanted: readonly string[],
): RecordTemplate | undefined {
  const text = Buffer.from(record).toString('latin1');
  const shape = new Shape(parent, wanted);
  const markup: Markup[] = [];
  const properties: number[] = [];
  let pieceFrom = 0;
  let at = endOfSpace(text, 0);
  do {
    const tag = tagAt(text, at);
    if (tag === undefined || !shape.take(tag)) return undefined;
    at = tag.end;
    const end = text.indexOf('<', at);
    if (tag.kind === 'open' && !tag.isNil && text[end + 1] === '/') {
      if (shape.isName) {
        if (!shape.takeName(text.slice(at, end))) return undefined;
      } else {
        markup.push(markupOf(record.subarray(pieceFrom, at)));
        properties.push(shape.property);
        pieceFrom = end;
      }
      at = end;
    } else if (!shape.isEnded) {
      at = endOfSpace(text, at);
    }
  } while (!shape.isEnded && at < text.length);
  if (!shape.isEnded || at !== text.length || text.length > markupBytesMax) return undefined;
  markup.push(markupOf(record.subarray(pieceFrom)));
  return { markup, properties };
}

/** Follows the elements of one record, and refuses what has no template. */
class Shape {
  readonly #parent: PathNode;
  readonly #wanted: readonly string[];
  readonly #open: { readonly name: string; readonly node: PathNode | undefined }[] = [];
  readonly #seen = new Set<PathNode>();
  readonly #filled = new Set<number>();
  /** Of the current name and value; empty between its element and its text. */
  #partnerName: string | undefined;
  #hasPartnerValue = false;
  isEnded = false;

  constructor(parent: PathNode, wanted: readonly string[]) {
    this.#parent = parent;
    this.#wanted = wanted;
  }

  /** Whether the open element is the name of a name and value. */
  get isName(): boolean {
    return this.#open.at(-1)?.node?.kind === 'partnerName';
  }

  /** The index of the requested property that the open element carries; -1 for none. */
  get property(): number {
    const node = this.#open.at(-1)?.node;
    return node === undefined ? -1 : this.#propertyOf(node);
  }

  take({ kind, name }: Tag): boolean {
    if (kind === 'close') {
      if (this.#open.pop()?.name !== name) return false;
      this.isEnded = this.#open.length === 0;
      return true;
    }
    const parent = this.#open.length === 0 ? this.#parent : this.#open.at(-1)?.node;
    const node = parent === undefined ? undefined : childOf(parent, name);
    if (node !== undefined && !this.#accept(node)) return false;
    if (kind === 'open') this.#open.push({ name, node });
    return true;
  }

  takeName(text: string): boolean {
    this.#partnerName = text;
    return /^[\w.]+$/u.test(text);
  }

  #accept(node: PathNode): boolean {
    if (node.kind === 'partner') {
      this.#partnerName = undefined;
      this.#hasPartnerValue = false;
      return true;
    }
    if (node.kind === 'partnerName') {
      if (this.#partnerName !== undefined) return false;
      this.#partnerName = '';
      return true;
    }
    if (node.kind === 'partnerValue') {
      // What the value is of has to be known before it.
      if (this.#hasPartnerValue || !this.#partnerName) return false;
      this.#hasPartnerValue = true;
    } else if (this.#seen.has(node)) {
      return false;
    }
    this.#seen.add(node);
    const property = this.#propertyOf(node);
    if (this.#filled.has(property)) return false;
    if (property >= 0) this.#filled.add(property);
    return true;
  }

  #propertyOf(node: PathNode): number {
    if (node.kind === 'field') return node.propertyIndex;
    return node.kind === 'partnerValue' ? this.#wanted.indexOf(this.#partnerName ?? '') : -1;
  }
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

function endOfSpace(text: string, from: number): number {
  let at = from;
  while (' \n\t\r'.includes(text[at] ?? 'x')) at += 1;
  return at;
}
