import type { SaxTag } from './fast-sax.ts';
import { childOf, type HeaderField, type PathNode } from './wanted-paths.ts';
import { isXmlText, localName } from '../request/xml-text.ts';

// The longest field known is a URL; SMTP reasons and answers of surveys are free text of a few kilobytes.
export const fieldCharsMax = 1024 * 1024;
// Statuses, ids and fault texts; what is longer is cut, never refused.
const headerCharsMax = 4096;
// Written by `renderRecordXml` on a field it cut: such a record must not pass for a whole one.
export const cutAttribute = 'sfmc-tracking-cut';

/** Why a record cannot be taken as it came. */
export interface Unreadable {
  readonly property?: string;
  readonly reason: string;
}

/** The values of one record, in the order of the requested properties; the array is reused, so copy. */
export type RecordCallback = (values: readonly (string | null)[], unreadable?: Unreadable) => void;

/**
 * Walks the tree of wanted elements along with the document and hands each record on as it ends.
 *
 * A class because it lives as long as its page and is called several times per field: no object is
 * made per record, and what is not wanted costs one comparison per tag.
 */
export class PageCollector {
  recordCount = 0;
  readonly header: Partial<Record<HeaderField, string>> = {};
  readonly systemStatuses: string[] = [];
  /** Set once a character was seen that no field may hold; only then each field is searched for it. */
  isSuspicious = false;

  readonly #properties: readonly string[];
  readonly #onRecord: RecordCallback;
  readonly #values: (string | null)[];
  readonly #stack: PathNode[];
  #node: PathNode;
  #depth = 0;
  /** How deep we are inside an element that is not wanted; 0 outside. */
  #skipped = 0;

  #text = '';
  #isNil = false;
  #isTooLong = false;
  #hasInvalidReference = false;
  #isCut = false;
  #partnerName = '';
  #partnerValue: string | null = null;
  #partnerProblem: string | undefined;
  #unreadable: Unreadable | undefined;

  constructor(root: PathNode, properties: readonly string[], onRecord: RecordCallback) {
    this.#properties = properties;
    this.#onRecord = onRecord;
    this.#values = properties.map(() => null);
    this.#stack = [root];
    this.#node = root;
  }

  /** Whether the element at hand is wanted; the first one decides what kind of document this is. */
  get isInside(): boolean {
    return this.#depth > 0;
  }

  /** Whether a record has begun, on this page. */
  hasRecords = false;

  openTag(tag: SaxTag): void {
    if (this.#skipped > 0) {
      this.#skipped += 1;
      return;
    }
    const node = childOf(this.#node, tag.name);
    if (node === undefined) {
      this.#skipped = 1;
      return;
    }
    this.#depth += 1;
    this.#stack[this.#depth] = node;
    this.#node = node;
    if (node.isText) this.#beginText(tag);
    else if (node.kind === 'partner') this.#beginPartner();
    else if (node.kind === 'record') this.#beginRecord();
  }

  text(piece: string): void {
    if (this.#skipped > 0 || !this.#node.isText) return;
    const isHeader = this.#node.slot < 0 && this.#node.kind !== 'partnerValue';
    const room = (isHeader ? headerCharsMax : fieldCharsMax) - this.#text.length;
    if (piece.length <= room) {
      this.#text = this.#text === '' ? piece : this.#text + piece;
      return;
    }
    this.#isTooLong = true;
    this.#text += piece.slice(0, room);
  }

  invalidReference(): void {
    this.#hasInvalidReference = true;
  }

  closeTag(): void {
    if (this.#skipped > 0) {
      this.#skipped -= 1;
      return;
    }
    const node = this.#node;
    this.#depth -= 1;
    this.#node = this.#stack[this.#depth] ?? node;
    if (node.kind === 'field') this.#endField(node.slot);
    else if (node.kind === 'record') this.#endRecord();
    else if (node.kind !== 'path') this.#endOther(node.kind);
  }

  #beginRecord(): void {
    this.hasRecords = true;
    this.#values.fill(null);
    this.#unreadable = undefined;
  }

  #beginPartner(): void {
    this.#partnerName = '';
    this.#partnerValue = null;
    this.#partnerProblem = undefined;
  }

  #beginText(tag: SaxTag): void {
    this.#text = '';
    this.#isNil = false;
    this.#isTooLong = false;
    this.#hasInvalidReference = false;
    this.#isCut = false;
    for (const name in tag.attributes) {
      const value = tag.attributes[name];
      if (localName(name) === 'nil') this.#isNil = value === 'true' || value === '1';
      else if (name === cutAttribute) this.#isCut = true;
    }
  }

  #endField(slot: number): void {
    if (this.#isNil) return;
    const reason = this.#problem();
    if (reason !== undefined) this.#refuse(slot, reason);
    this.#values[slot] = this.#text;
  }

  /** Why the text at hand cannot be taken, if so; an invalid reference becomes the character it stands for. */
  #problem(): string | undefined {
    if (this.#hasInvalidReference) {
      this.#text = this.#text.replaceAll(/&(#?\w+);/g, (_, reference: string) =>
        forbiddenCharacter(reference),
      );
      return 'a reference to a character that XML forbids';
    }
    if (this.#isTooLong) return `longer than ${fieldCharsMax} characters`;
    if (this.#isCut) return 'cut when it was set aside';
    return this.isSuspicious && !isXmlText(this.#text) ? 'a character that XML forbids' : undefined;
  }

  #refuse(slot: number, reason: string): void {
    const property = this.#properties[slot];
    this.#unreadable ??= property === undefined ? { reason } : { property, reason };
  }

  #endRecord(): void {
    this.recordCount += 1;
    if (this.#unreadable === undefined) this.#onRecord(this.#values);
    else this.#onRecord(this.#values, this.#unreadable);
  }

  #endOther(kind: Exclude<PathNode['kind'], 'path' | 'record' | 'field'>): void {
    if (kind === 'partner') {
      this.#endPartner();
    } else if (kind === 'partnerName') {
      this.#partnerName = this.#text;
    } else if (kind === 'partnerValue') {
      this.#partnerProblem = this.#problem();
      this.#partnerValue = this.#isNil ? null : this.#text;
    } else {
      const text = this.#text.trim();
      if (kind === 'systemStatus') this.systemStatuses.push(text);
      else this.header[kind] = text;
    }
  }

  /** The element of that name has precedence, wherever it stands. */
  #endPartner(): void {
    if (this.#partnerValue === null) return;
    const slot = this.#properties.indexOf(this.#partnerName);
    if (slot < 0 || this.#values[slot] !== null) return;
    if (this.#partnerProblem !== undefined) this.#refuse(slot, this.#partnerProblem);
    this.#values[slot] = this.#partnerValue;
  }
}

// U+FFFF stands for what no string can hold, so that the record stays unreadable wherever it is read again.
function forbiddenCharacter(reference: string): string {
  const code = /^#x/i.test(reference) ? parseInt(reference.slice(2), 16) : parseInt(reference.slice(1), 10);
  return reference.startsWith('#') && code <= 0xffff ? String.fromCharCode(code) : `\uFFFF${reference};`;
}
