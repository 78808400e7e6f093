import { Buffer } from 'node:buffer';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';

/** As large as the pieces undici hands on: fewer turns of the event loop per page. */
const chunkBytes = 64 * 1024;

/** Compressed answers up to this size are decompressed in one go: most answers of a night hold no record. */
const smallBytesMax = 8 * 1024;

/**
 * Decompresses a body as it is read, without ever holding more of it than a piece.
 *
 * A stream of zlib hands each piece to another thread and back; for a small answer that costs more CPU than
 * asking for it.
 */
export async function* gunzip(body: Readable): AsyncGenerator {
  const whole = await readSmall(body);
  if (whole !== undefined) yield gunzipSync(whole);
  // Both ends are destroyed with the other's failure; who reads meets the error.
  else yield* pipeline(body, createGunzip({ chunkSize: chunkBytes }), () => undefined);
}

/** The whole body if it is small; otherwise nothing has been read of it. */
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
