import { Buffer } from 'node:buffer';
import { requestedProperties } from '../../src/events/define-event.ts';
import { createColumnPage, type PageColumns } from '../../src/columns/page.ts';
import { eventGetter } from '../../simulator/soap/event-record.ts';
import { compileRecord } from '../../simulator/soap/records.ts';
import { retrieveResponse } from '../../simulator/soap/responses.ts';
import {
  accountId,
  type Batch,
  type BatchType,
  definitionOf,
  eventAt,
  jobOf,
  recordsPerPage,
} from './events.ts';

// The size in which undici hands bodies on.
const chunkBytes = 64 * 1024;

/** One page as Marketing Cloud would send it, decompressed. */
export function renderPage(batch: Batch, page: number): Buffer {
  const definition = definitionOf(batch.type);
  const record = compileRecord(definition.objectType, requestedProperties(definition), (property) =>
    eventGetter(property, batch.type),
  );
  const first = page * recordsPerPage;
  const response = retrieveResponse(
    { relatesTo: undefined, now: new Date(0), soapVersion: '1.1' },
    {
      overallStatus: page === batch.pages - 1 ? 'OK' : 'MoreDataAvailable',
      requestId: requestIdOf(batch, page),
      result: { size: recordsPerPage, render: (place) => record(eventAt(batch, place)) },
      from: first,
      to: first + recordsPerPage,
    },
  );
  return Buffer.from([...response].join(''));
}

/** Names the page that follows, so that a continue request tells which one it wants. */
function requestIdOf(batch: Batch, page: number): string {
  return `00000000-0000-4000-8000-${String(batch.number * 10_000 + page + 1).padStart(12, '0')}`;
}

export function nextPageOf(requestId: string, batchNumber: number): number {
  return Number(requestId.slice(-12)) - batchNumber * 10_000;
}

export async function* chunksOf(page: Buffer): AsyncGenerator<Uint8Array> {
  // As a socket does: nothing is there in the same turn.
  await Promise.resolve();
  for (let at = 0; at < page.length; at += chunkBytes) yield page.subarray(at, at + chunkBytes);
}

/** A generated source: the columns of a page without XML in between. */
export function columnsOf(batch: Batch, page: number): PageColumns {
  const definition = definitionOf(batch.type);
  const getters = requestedProperties(definition).map((property) => rawGetter(property, batch.type));
  const sink = createColumnPage(definition, { accountId, jobId: jobOf(batch) });
  for (let index = page * recordsPerPage; index < (page + 1) * recordsPerPage; index += 1) {
    const event = eventAt(batch, index);
    sink.append(getters.map((get) => flat(get(event))));
  }
  return sink.finish();
}

function rawGetter(property: string, type: BatchType): (event: ReturnType<typeof eventAt>) => string | null {
  // Text on the wire is escaped; here there is no wire.
  if (property === 'URL') return (event) => event.url;
  return eventGetter(property, type);
}

/** Strings put together are flattened at their first use: that is the generator's cost, not the loader's. */
function flat(text: string | null): string | null {
  return text === null ? null : Buffer.from(text).toString();
}
