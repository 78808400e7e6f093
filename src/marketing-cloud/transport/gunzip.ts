import { pipeline } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import type { Exchange } from './exchange.ts';

/** As large as the chunks of undici, for few turns of the event loop per page. */
const chunkBytes = 64 * 1024;

/** Compressed responses up to this size are decompressed in one call; most responses of a sync have no record. */
const smallBytesMax = 8 * 1024;

/**
 * Decompresses a body while it is read, one chunk at a time.
 *
 * A zlib stream passes each chunk to another thread and back; for a small response that costs more CPU than
 * the whole request.
 */
export async function* gunzip(exchange: Exchange): AsyncGenerator {
  const whole = await exchange.small(smallBytesMax);
  if (whole !== undefined) yield gunzipSync(whole);
  // A failure of one end destroys the other; the reader gets the error.
  else yield* pipeline(exchange.chunks(), createGunzip({ chunkSize: chunkBytes }), () => undefined);
}
