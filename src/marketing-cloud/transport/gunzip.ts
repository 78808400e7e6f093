import { pipeline } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import type { Exchange } from './exchange.ts';

/** As large as the chunks of undici, for few turns of the event loop per page. */
const chunkBytes = 64 * 1024;

/** Compressed responses up to this size are decompressed in one call; most responses of a sync have no record. */
const smallBytesMax = 8 * 1024;

/** Size of the first piece that a body in one call is decompressed to, with room to see its end. */
const pieceBytes = { least: 64, most: 64 * 1024, toSeeTheEnd: 8 };

/**
 * Decompresses a body while it is read, one chunk at a time.
 *
 * A zlib stream passes each chunk to another thread and back; for a small response that costs more CPU than
 * the whole request.
 */
export async function* gunzip(exchange: Exchange): AsyncGenerator {
  const whole = await exchange.small(smallBytesMax);
  if (whole !== undefined) yield gunzipSync(whole, { chunkSize: expectedBytes(whole) });
  // A failure of one end destroys the other; the reader gets the error.
  else yield* pipeline(exchange.chunks(), createGunzip({ chunkSize: chunkBytes }), () => undefined);
}

/**
 * What a gzip body says at its end of its size; only the size of a buffer follows from it. Each of them lives until the
 * whole heap is collected: with zlib's 16 KB for a response of one, that was four times as often.
 */
function expectedBytes(body: Buffer): number {
  const { least, most, toSeeTheEnd } = pieceBytes;
  const stated = body.length < 4 ? 0 : body.readUInt32LE(body.length - 4);
  return Math.min(most, Math.max(least, stated + toSeeTheEnd));
}
