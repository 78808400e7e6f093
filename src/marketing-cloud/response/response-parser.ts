import { PipelineError } from '../../errors.ts';
import type { RecordCollector } from './record-collector.ts';
import type { DocumentOptions } from './document-parser.ts';
import { ResponseReader } from './response-reader.ts';

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
  /** Equal for two responses with the same records: length and sampled checksum of the bytes from the first record on. */
  readonly digest: string;
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
  options: DocumentOptions,
): Promise<ParsedResponse> {
  const reader = new ResponseReader(options);
  try {
    for await (const bytes of body) reader.write(bytes);
    return parsedResponse(reader);
  } catch (error) {
    if (error instanceof PipelineError) error.addContext({ requestId: reader.requestId });
    throw error;
  }
}

function parsedResponse(reader: ResponseReader): ParsedResponse {
  const { header, recordCount, systemStatuses } = reader.finish();
  return {
    overallStatus: header.overallStatus,
    requestId: reader.requestId,
    serverTime: parseServerTime(header.created),
    recordCount,
    fault: faultOf(header),
    systemStatuses,
    bytes: reader.bytes,
    digest: reader.digest,
  };
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
