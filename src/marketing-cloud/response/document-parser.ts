import { isAscii } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { PipelineError, ResponseMalformedError, TransportError } from '../../errors.ts';
import { declaredEncoding, encodingError } from './declared-encoding.ts';
import { FastSax, type SaxTag } from './fast-sax.ts';
import { KnownMarkup } from './known-markup.ts';
import { RecordCollector } from './record-collector.ts';
import type { RecordSink } from './record-sink.ts';
import { type PathNode, responsePaths } from './wanted-paths.ts';
import { isDecodedXmlText, isXmlText } from '../request/xml-text.ts';

/** Shared by all responses: most of them are small, and learning their tags was half of their cost. */
const known = new KnownMarkup();

export interface DocumentOptions {
  /** Each record has one value per property, in this order. */
  readonly properties: readonly string[];
  readonly sink: RecordSink;
  /** Records that a page may hold; more is damage. */
  readonly recordsMax: number;
}

/**
 * Decodes and parses a response with sax, piece by piece; what it says of a document is what holds.
 *
 * Bytes that were read by other means are passed over (`skip`), so that places in the response stay right.
 */
export class DocumentParser {
  /** The last record, unless it could not be read; the array is reused. */
  lastValues: readonly (string | null)[] | undefined;
  /** Where the first record begins in the response; Infinity before it has. */
  recordsFrom = Infinity;
  readonly #collector: RecordCollector;
  readonly #sax: FastSax;
  readonly #recordsMax: number;
  /** From the first bytes on that are not ASCII; most small responses have none. */
  #decoder: TextDecoder | undefined;
  #encoding: string | undefined;
  #isSoap = false;
  #isEnded = false;
  /** The text that sax is reading, and the number of bytes before it. */
  #piece = '';
  #bytesBefore = 0;
  /** What the receiver of the records threw: that is no damage of the response. */
  #thrownByReceiver: unknown;

  constructor({ properties, sink, recordsMax }: DocumentOptions) {
    this.#recordsMax = recordsMax;
    const collector = new RecordCollector(responsePaths(properties), properties, (values, unreadable) => {
      this.#limitRecords();
      this.lastValues = unreadable === undefined ? values : undefined;
      try {
        sink.append(values, unreadable);
      } catch (error) {
        this.#thrownByReceiver = error;
        throw error;
      }
    });
    this.#collector = collector;
    this.#sax = new FastSax(
      {
        openTag: (tag) => this.#openTag(tag),
        closeTag: () => {
          collector.closeTag();
          this.#isEnded = !collector.isInside;
        },
        text: (piece) => collector.text(piece),
        invalidReference: () => collector.invalidReference(),
        documentType: (declaration) => this.#refuseDocumentType(declaration),
        broken: (reason) => this.fail(reason),
      },
      known,
    );
  }

  /** The RequestID, as soon as it has arrived. */
  get requestId(): string | undefined {
    const { requestId } = this.#collector.header;
    return requestId === '' ? undefined : requestId;
  }

  get recordCount(): number {
    return this.#collector.recordCount;
  }

  /** After a record, before the next one: the element they stand in. Undefined in any other place. */
  get recordParent(): PathNode | undefined {
    return this.#sax.isBetweenElements ? this.#collector.recordParent : undefined;
  }

  parse(bytes: Buffer): void {
    if (bytes.byteLength === 0) return;
    this.#encoding ??= declaredEncoding(bytes);
    this.#read(this.#decode(bytes));
    this.#bytesBefore += bytes.byteLength;
  }

  /** Passes over the bytes of a record that was read by other means. */
  skipRecord(bytes: number): void {
    this.#bytesBefore += bytes;
    this.#piece = '';
    this.#collector.recordCount += 1;
    this.#limitRecords();
  }

  /** What was collected, once the response is whole. */
  finish(): RecordCollector {
    this.#read(this.#decode());
    this.#piece = '';
    this.#guard(() => this.#sax.end());
    if (!this.#isEnded) this.fail('the response is empty');
    if (!isXmlText(this.requestId ?? '')) this.fail('its RequestID has a character that XML forbids');
    if (this.#collector.overallStatusCount > 1) this.fail('more than one overall status');
    return this.#collector;
  }

  fail(reason: string): never {
    // After a colon, sax quotes the document, which may be personal data.
    const what = reason.split(':', 1).join().slice(0, 80);
    if (!this.#isSoap)
      throw new TransportError(`The response is not SOAP: ${what}`, { bytes: this.#bytesBefore });
    throw new ResponseMalformedError(`The response is damaged: ${what}`, { byteOffset: this.#offset });
  }

  /** Where sax is in the response. */
  get #offset(): number {
    return this.#bytesBefore + Buffer.byteLength(this.#piece.slice(0, this.#sax.offset));
  }

  #decode(bytes?: Buffer): string {
    if (this.#decoder === undefined && (bytes === undefined || isAscii(bytes)))
      return bytes?.toString('latin1') ?? '';
    this.#decoder ??= new TextDecoder('utf-8', { fatal: true });
    try {
      return bytes === undefined ? this.#decoder.decode() : this.#decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw encodingError(this.#encoding, this.#bytesBefore, cause);
    }
  }

  #read(piece: string): void {
    if (piece === '') return;
    this.#piece = piece;
    // One search per piece instead of one per field, since such characters are rare; a piece with one makes each field be searched.
    if (!this.#collector.isSuspicious && !isDecodedXmlText(piece)) this.#collector.isSuspicious = true;
    this.#guard(() => this.#sax.write(piece));
  }

  /** Whatever the parser throws on a document is damage of the document. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof PipelineError || error === this.#thrownByReceiver) throw error;
      this.fail('the parser cannot read it');
    }
  }

  #limitRecords(): void {
    if (this.recordCount > this.#recordsMax) this.fail(`more than ${this.#recordsMax} records`);
  }

  #openTag(tag: SaxTag): void {
    if (this.#isEnded) this.fail('a second root element');
    this.#collector.openTag(tag);
    if (!this.#isSoap) {
      if (!this.#collector.isInside) this.fail('another root element than Envelope');
      this.#isSoap = true;
    }
    if (this.recordsFrom === Infinity && this.#collector.hasRecords) this.recordsFrom = this.#offset;
  }

  #refuseDocumentType(declaration: string): never {
    // Entities are never expanded, so a document that declares its own cannot be read correctly.
    if (!/^\s*html\b/i.test(declaration)) this.#isSoap = true;
    this.fail('a document type declaration');
  }
}
