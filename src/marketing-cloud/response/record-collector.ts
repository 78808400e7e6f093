import type { Unreadable } from '../../columns/page-builder.ts';
import type { SaxTag } from './fast-sax.ts';
import { childOf, type HeaderField, type PathNode } from './wanted-paths.ts';
import { isXmlText, localName } from '../request/xml-text.ts';

// The longest field known is a URL; SMTP reasons and survey texts are free text of a few kilobytes.
const fieldCharsMax = 1024 * 1024;
// Statuses, ids and fault texts; a longer one is truncated, never refused.
const headerCharsMax = 4096;
// GetSystemStatus has one result for each part of the system.
const systemStatusesMax = 100;
// Marks a field that `renderRecordXml` truncated, so that the record is never taken for a complete one.
export const truncatedAttribute = 'sfmc-tracking-cut';

/** The values of one record, in the order of the requested properties; the array is reused, so copy. */
export type RecordCallback = (values: readonly (string | null)[], unreadable?: Unreadable) => void;

/**
 * Follows the document through the tree of wanted elements and passes on each record when it ends.
 *
 * A class, because it lives as long as its page and is called several times per field: it creates no object
 * per record, and an element that is not wanted costs one comparison per tag.
 */
export class RecordCollector {
  recordCount = 0;
  overallStatusCount = 0;
  readonly header: Partial<Record<HeaderField, string>> = {};
  readonly systemStatuses: string[] = [];
  /** True once a chunk contained a character that no field may hold; only then is each field searched for it. */
  isSuspicious = false;

  readonly #properties: readonly string[];
  readonly #onRecord: RecordCallback;
  readonly #values: (string | null)[];
  readonly #stack: PathNode[];
  #node: PathNode;
  #recordParent: PathNode | undefined;
  #depth = 0;
  /** Depth inside an element that is not wanted; 0 outside. */
  #skipped = 0;

  #text = '';
  #isNil = false;
  #isTooLong = false;
  #invalidReferences = 0;
  #isTruncated = false;
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

  /** Whether the current element is wanted; the first element decides what kind of document this is. */
  get isInside(): boolean {
    return this.#depth > 0;
  }

  /** Whether a record has begun on this page. */
  hasRecords = false;

  /** The wanted element that the next record stands in; undefined in any other place, and before the first record. */
  get recordParent(): PathNode | undefined {
    return this.hasRecords && this.#skipped === 0 && this.#node === this.#recordParent
      ? this.#node
      : undefined;
  }

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
    const isHeader = this.#node.propertyIndex < 0 && this.#node.kind !== 'partnerValue';
    const room = (isHeader ? headerCharsMax : fieldCharsMax) - this.#text.length;
    if (piece.length <= room) {
      this.#text = this.#text === '' ? piece : this.#text + piece;
      return;
    }
    this.#isTooLong = true;
    this.#text += piece.slice(0, room);
  }

  invalidReference(): void {
    this.#invalidReferences += 1;
  }

  closeTag(): void {
    if (this.#skipped > 0) {
      this.#skipped -= 1;
      return;
    }
    const node = this.#node;
    this.#depth -= 1;
    this.#node = this.#stack[this.#depth] ?? node;
    if (node.kind === 'field') this.#endField(node.propertyIndex);
    else if (node.kind === 'record') this.#endRecord();
    else if (node.kind !== 'path') this.#endOther(node.kind);
  }

  #beginRecord(): void {
    this.hasRecords = true;
    this.#recordParent = this.#stack[this.#depth - 1];
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
    this.#invalidReferences = 0;
    this.#isTruncated = false;
    for (const name in tag.attributes) {
      const value = tag.attributes[name];
      if (localName(name) === 'nil') this.#isNil = value === 'true' || value === '1';
      else if (name === truncatedAttribute) this.#isTruncated = true;
    }
  }

  #endField(propertyIndex: number): void {
    if (this.#isNil) return;
    const reason = this.#problem();
    if (reason !== undefined) this.#refuse(propertyIndex, reason);
    this.#values[propertyIndex] = this.#text;
  }

  /** Why the current text cannot be accepted, if so; an invalid reference becomes the character it stands for. */
  #problem(): string | undefined {
    if (this.#invalidReferences > 0) {
      let references = 0;
      this.#text = this.#text.replaceAll(/&(#?\w+);/g, (_, reference: string) => {
        references += 1;
        return forbiddenCharacter(reference);
      });
      // .NET: a character outside of the basic plane may arrive as references to both halves of its surrogate pair.
      const isReadable = references === this.#invalidReferences && isXmlText(this.#text);
      if (!isReadable) return 'a reference to a character that XML forbids';
    }
    if (this.#isTooLong) return `longer than ${fieldCharsMax} characters`;
    if (this.#isTruncated) return 'truncated when it was stored';
    return this.isSuspicious && !isXmlText(this.#text) ? 'a character that XML forbids' : undefined;
  }

  #refuse(propertyIndex: number, reason: string): void {
    const property = this.#properties[propertyIndex];
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
      if (kind === 'overallStatus') this.overallStatusCount += 1;
      if (kind !== 'systemStatus') this.header[kind] = text;
      else if (this.systemStatuses.length < systemStatusesMax) this.systemStatuses.push(text);
    }
  }

  /** If the record also has an element of that name, the element wins, whichever comes first. */
  #endPartner(): void {
    if (this.#partnerValue === null) return;
    const propertyIndex = this.#properties.indexOf(this.#partnerName);
    if (propertyIndex < 0 || this.#values[propertyIndex] !== null) return;
    if (this.#partnerProblem !== undefined) this.#refuse(propertyIndex, this.#partnerProblem);
    this.#values[propertyIndex] = this.#partnerValue;
  }
}

// A character that no string can hold becomes U+FFFF, so that the record stays unreadable when it is read again.
function forbiddenCharacter(reference: string): string {
  const code = /^#x/i.test(reference) ? parseInt(reference.slice(2), 16) : parseInt(reference.slice(1), 10);
  return reference.startsWith('#') && code <= 0xffff ? String.fromCharCode(code) : `\uFFFF${reference};`;
}
