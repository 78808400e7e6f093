import { pipeline } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { freeBytes } from '../../free-bytes.ts';
import type { Exchange } from './exchange.ts';

/** Compressed bodies up to this size are decompressed in one call; a page of 2,500 events has some 150 KB. */
const wholeBytesMax = 512 * 1024;

/** Size of what a call decompresses, with room to see its end; a page of 2,500 events has 1.5 MB. */
const pageBytes = { least: 64, most: 4 * 1024 * 1024, toSeeTheEnd: 8 };

/** As large as the chunks of undici, for few turns of the event loop. */
const chunkBytes = 64 * 1024;

/**
 * Decompresses a body: a page in one call, a larger body while it is read. A piece is valid until the next one is requested.
 *
 * A zlib stream passes each chunk to another thread and back, which costs as much CPU as parsing it. The memory of a page
 * is freed at once: V8 counts it, and marked its whole heap for the sake of such garbage.
 */
export async function* gunzip(exchange: Exchange): AsyncGenerator {
  const body = await exchange.whole(wholeBytesMax);
  const page = body === undefined ? undefined : gunzipPage(body);
  if (page !== undefined) {
    yield page;
    freeBytes(page);
    return;
  }
  const pieces = body === undefined ? exchange.chunks() : [body];
  // A failure of one end destroys the other; the reader gets the error.
  yield* pipeline(pieces, createGunzip({ chunkSize: chunkBytes }), () => undefined);
}

/** Undefined where it is too large, or damaged: then a stream returns what can be read of it, and the error. */
function gunzipPage(body: Buffer): Buffer | undefined {
  const { least, most, toSeeTheEnd } = pageBytes;
  const chunkSize = Math.max(least, statedBytes(body) + toSeeTheEnd);
  if (chunkSize > most) return undefined;
  try {
    return gunzipSync(body, { chunkSize, maxOutputLength: most });
  } catch {
    return undefined;
  }
}

/** What a gzip body says at its end of its size; only the size of a buffer follows from it. */
function statedBytes(body: Buffer): number {
  return body.length < 4 ? 0 : body.readUInt32LE(body.length - 4);
}
