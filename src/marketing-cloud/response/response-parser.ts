import { PipelineError, ResponseMalformedError, TransportError } from '../../errors.ts';
import { declaredEncoding, encodingError } from './declared-encoding.ts';
import { FastSax, type KnownTags, type SaxTag } from './fast-sax.ts';
import { RecordCollector, type RecordCallback } from './record-collector.ts';
import { createRecordsDigest } from './records-digest.ts';
import { responsePaths } from './wanted-paths.ts';
import { isDecodedXmlText, isXmlText } from '../request/xml-text.ts';

// 2,500 clicks with long URLs are several megabytes; a response ten times as large is not a page of events.
const pageBytesMax = 64 * 1024 * 1024;

/** Shared by all responses: most of them are small, and learning their tags was half of their cost. */
const knownTags: KnownTags = new Map();

export interface Fault {
  /** `Server` of `soap:Server`. */
  readonly code: string;
  readonly text: string;
  /** The number in the `apifault` element. */
  readonly detailCode: number | undefined;
  readonly detailMessage: string | undefined;
}

export interface ParsedResponse {
  readonly overallStatus: string | undefined;
  readonly requestId: string | undefined;
  /** When the server wrote the response, by its own clock. */
  readonly serverTime: Date | undefined;
  readonly recordCount: number;
  readonly fault: Fault | undefined;
  readonly systemStatuses: readonly string[];
  /** Size of the response, decompressed. */
  readonly bytes: number;
  /** Equal for two responses with the same records: length and sampled checksum of the text from the first record on. */
  readonly digest: string;
}

export interface ParseOptions {
  /** Each record has one value per property, in this order. */
  readonly properties: readonly string[];
  readonly onRecord: RecordCallback;
  /** Records that a page may hold; more is damage. */
  readonly recordsMax: number;
}

/**
 * Parses a response while it arrives and passes on each record when it ends.
 *
 * Holds one chunk and one record, whatever the size of the response, and lets other work run between chunks.
 *
 * @throws {ResponseMalformedError} when the document is damaged or exceeds a limit, and for whatever the parser
 * throws; the records passed on before must not be stored.
 * @throws {RequestInvalidError} when it is written in another encoding than UTF-8, as it says itself.
 * @throws {TransportError} when the body is not SOAP at all, such as a proxy's HTML page.
 */
export async function parseResponse(
  body: AsyncIterable<Uint8Array>,
  options: ParseOptions,
): Promise<ParsedResponse> {
  const reader = new ResponseReader(options);
  try {
    for await (const bytes of body) reader.write(bytes);
    return reader.finish();
  } catch (error) {
    if (error instanceof PipelineError) error.addContext({ requestId: reader.requestId });
    throw error;
  }
}

class ResponseReader {
  readonly #collector: RecordCollector;
  readonly #sax: FastSax;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #chunk = '';
  #bytesBefore = 0;
  #bytes = 0;
  #encoding: string | undefined;
  #isSoap = false;
  #isEnded = false;
  readonly #digest = createRecordsDigest();
  /** Where the records begin in the current chunk; -1 before the first record, 0 in later chunks. */
  #recordsFrom = -1;

  /** What the receiver of the records threw: that is no damage of the response. */
  #thrownByReceiver: unknown;

  constructor({ properties, onRecord, recordsMax }: ParseOptions) {
    this.#collector = new RecordCollector(responsePaths(properties), properties, (values, unreadable) => {
      if (collector.recordCount > recordsMax) this.#fail(`more than ${recordsMax} records`);
      try {
        onRecord(values, unreadable);
      } catch (error) {
        this.#thrownByReceiver = error;
        throw error;
      }
    });
    const collector = this.#collector;
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
        broken: (reason) => this.#fail(reason),
      },
      knownTags,
    );
  }

  /** The RequestID, as soon as it has arrived. */
  get requestId(): string | undefined {
    const { requestId } = this.#collector.header;
    return requestId === '' ? undefined : requestId;
  }

  write(bytes: Uint8Array): void {
    this.#bytesBefore = this.#bytes;
    this.#bytes += bytes.byteLength;
    if (this.#bytes > pageBytesMax) this.#fail(`longer than ${pageBytesMax} bytes`);
    this.#encoding ??= declaredEncoding(bytes);
    this.#read(this.#decode(bytes));
  }

  finish(): ParsedResponse {
    this.#bytesBefore = this.#bytes;
    this.#read(this.#decode());
    this.#chunk = '';
    this.#parse(() => this.#sax.end());
    if (!this.#isEnded) this.#fail('the response is empty');
    if (!isXmlText(this.requestId ?? '')) this.#fail('its RequestID has a character that XML forbids');
    if (this.#collector.overallStatusCount > 1) this.#fail('more than one overall status');
    const { header, recordCount, systemStatuses } = this.#collector;
    return {
      overallStatus: header.overallStatus,
      requestId: this.requestId,
      serverTime: parseServerTime(header.created),
      recordCount,
      fault: faultOf(header),
      systemStatuses,
      bytes: this.#bytes,
      digest: this.#digest.value(),
    };
  }

  #decode(bytes?: Uint8Array): string {
    try {
      return bytes === undefined ? this.#decoder.decode() : this.#decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw encodingError(this.#encoding, this.#bytesBefore, cause);
    }
  }

  /** Whatever the parser throws on a document is damage of the document. */
  #parse(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof PipelineError || error === this.#thrownByReceiver) throw error;
      this.#fail('the parser cannot read it');
    }
  }

  #read(chunk: string): void {
    if (chunk === '') return;
    this.#chunk = chunk;
    // One search per chunk instead of one per field, since such characters are rare; a chunk with one makes each field be searched.
    if (!this.#collector.isSuspicious && !isDecodedXmlText(chunk)) this.#collector.isSuspicious = true;
    if (this.#recordsFrom > 0) this.#recordsFrom = 0;
    this.#parse(() => this.#sax.write(chunk));
    // From the first record on: the header has ids and times that differ between equal pages.
    if (this.#recordsFrom >= 0) this.#digest.add(chunk, this.#recordsFrom);
  }

  #openTag(tag: SaxTag): void {
    if (this.#isEnded) this.#fail('a second root element');
    this.#collector.openTag(tag);
    if (!this.#isSoap) {
      if (!this.#collector.isInside) this.#fail('another root element than Envelope');
      this.#isSoap = true;
    }
    if (this.#recordsFrom < 0 && this.#collector.hasRecords) this.#recordsFrom = this.#sax.offset;
  }

  #refuseDocumentType(declaration: string): never {
    // Entities are never expanded, so a document that declares its own cannot be read correctly.
    if (!/^\s*html\b/i.test(declaration)) this.#isSoap = true;
    this.#fail('a document type declaration');
  }

  #fail(reason: string): never {
    // After a colon, sax quotes the document, which may be personal data.
    const what = reason.split(':', 1).join().slice(0, 80);
    if (!this.#isSoap) throw new TransportError(`The response is not SOAP: ${what}`, { bytes: this.#bytes });
    const byteOffset = this.#bytesBefore + Buffer.byteLength(this.#chunk.slice(0, this.#sax.offset));
    throw new ResponseMalformedError(`The response is damaged: ${what}`, { byteOffset });
  }
}

function faultOf(header: RecordCollector['header']): Fault | undefined {
  const { faultCode, faultText, detailCode, detailMessage } = header;
  if (faultCode === undefined && faultText === undefined) return undefined;
  return {
    code: faultCode?.slice(faultCode.indexOf(':') + 1) ?? '',
    text: faultText ?? '',
    detailCode: detailCode !== undefined && /^\d{1,6}$/.test(detailCode) ? Number(detailCode) : undefined,
    detailMessage,
  };
}

// Without an offset the text would be read in the host's time zone.
function parseServerTime(text: string | undefined): Date | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
