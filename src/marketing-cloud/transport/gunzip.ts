import { Buffer } from 'node:buffer';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';

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
export async function* gunzip(body: Readable): AsyncGenerator {
  const whole = await readSmall(body);
  if (whole !== undefined) yield gunzipSync(whole);
  // A failure of one end destroys the other; the reader gets the error.
  else yield* pipeline(body, createGunzip({ chunkSize: chunkBytes }), () => undefined);
}

/** The whole body if it is small; undefined, with the body as it was, if it is larger. */
async function readSmall(body: Readable): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body.iterator({ destroyOnReturn: false })) {
    if (!(piece instanceof Uint8Array)) continue;
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes <= smallBytesMax) continue;
    body.unshift(Buffer.concat(pieces));
    return undefined;
  }
  return Buffer.concat(pieces);
}
