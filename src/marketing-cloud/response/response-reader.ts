import { DocumentParser, type DocumentOptions } from './document-parser.ts';
import type { RecordCollector } from './record-collector.ts';
import type { RecordSink } from './record-sink.ts';
import { byteRangeOf } from './template/record-template.ts';
import { type RecordTemplates, templatesOf } from './template/record-templates.ts';
import { createRecordsDigest } from './records-digest.ts';
import type { PathNode } from './wanted-paths.ts';

// 2,500 clicks with long URLs are several megabytes; a response ten times as large is not a page of events.
const pageBytesMax = 64 * 1024 * 1024;
// A record that is longer is parsed as it arrives, so that one of any size costs no memory.
const heldBytesMax = 64 * 1024;
// A page whose records have no shape in common is parsed chunk by chunk from then on.
const missesMax = 50;
// Every record ends with `</Results>`, whatever its prefix; the same bytes elsewhere only end a piece early.
const recordEnd = Buffer.from('Results>');
const nothing: Buffer = Buffer.alloc(0);

/**
 * Reads one response, chunk by chunk.
 *
 * A record of a known shape is taken from its bytes (`record-template.ts`). Everything else, a record with
 * anything unusual in it included, is parsed by sax, which alone decides what it means.
 */
export class ResponseReader {
  bytes = 0;
  readonly #sink: RecordSink;
  readonly #document: DocumentParser;
  readonly #templates: RecordTemplates;
  readonly #digest = createRecordsDigest();
  /** Bytes after the last whole record that are not read yet. */
  #held = nothing;
  /** Records in a row that had to be parsed. */
  #misses = 0;

  constructor(options: DocumentOptions) {
    this.#sink = options.sink;
    this.#document = new DocumentParser(options);
    this.#templates = templatesOf(options.properties);
  }

  /** The RequestID, as soon as it has arrived. */
  get requestId(): string | undefined {
    return this.#document.requestId;
  }

  /** Length and sampled checksum of the records. */
  get digest(): string {
    return this.#digest.value();
  }

  write(chunk: Uint8Array): void {
    const before = this.bytes;
    this.bytes += chunk.byteLength;
    if (this.bytes > pageBytesMax) this.#document.fail(`longer than ${pageBytesMax} bytes`);
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#readOn(fresh);
    // From the first record on: the header has ids and times that differ between equal pages.
    const { recordsFrom } = this.#document;
    if (recordsFrom < this.bytes) this.#digest.add(fresh.subarray(Math.max(0, recordsFrom - before)));
  }

  /** What was collected, once the response is whole. */
  finish(): RecordCollector {
    this.#document.parse(this.#held);
    this.#held = nothing;
    return this.#document.finish();
  }

  /** Reads a chunk, of which nothing is kept but a copy of the record that its end cuts. */
  #readOn(fresh: Buffer): void {
    let rest = fresh;
    while (rest.length > 0) {
      let unread = rest;
      if (this.#held.length > 0) {
        const end = rest.indexOf(recordEnd);
        unread = end < 0 ? rest : rest.subarray(0, end + recordEnd.length);
      }
      rest = rest.subarray(unread.length);
      const bytes = this.#held.length === 0 ? unread : Buffer.concat([this.#held, unread]);
      this.#held = nothing;
      this.#read(bytes);
    }
  }

  #read(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#recordParent !== undefined) at = this.#takeRecords(bytes, at);
      const end = this.#misses > missesMax ? -1 : bytes.indexOf(recordEnd, at);
      if (end < 0 && this.#recordParent !== undefined && bytes.length - at <= heldBytesMax) {
        this.#held = Buffer.from(bytes.subarray(at));
        return;
      }
      const next = end < 0 ? bytes.length : end + recordEnd.length;
      this.#parse(bytes.subarray(at, next));
      at = next;
    }
  }

  /** The element that the next record stands in, where that record could be taken from its bytes. */
  get #recordParent(): PathNode | undefined {
    if (this.#sink.appendBytes === undefined || this.#misses > missesMax) return undefined;
    return this.#document.recordParent;
  }

  /** Takes records as long as templates fit; returns where the first other one begins. */
  #takeRecords(bytes: Buffer, from: number): number {
    const range = byteRangeOf(bytes);
    const { places } = this.#templates;
    let at = from;
    for (;;) {
      const end = this.#templates.find(range, at);
      if (end < 0 || this.#sink.appendBytes?.(bytes, places) !== true) return at;
      this.#document.skipRecord(end - at);
      this.#misses = 0;
      at = end;
    }
  }

  /** Parses a piece; where it was one whole record, its shape is learned. */
  #parse(piece: Buffer): void {
    const wasBetween = this.#recordParent !== undefined;
    const before = this.#document.recordCount;
    this.#document.parse(piece);
    const parent = this.#recordParent;
    if (!wasBetween || parent === undefined || this.#document.recordCount !== before + 1) return;
    this.#misses += 1;
    const { lastValues } = this.#document;
    if (lastValues !== undefined) this.#templates.learn(byteRangeOf(piece), parent, lastValues);
  }
}
