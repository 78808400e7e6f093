import { isArrayBuffer } from 'node:util/types';

/**
 * Gives memory back at once, instead of when garbage is collected. What it held is empty afterwards: only who made it may
 * free it, once nothing reads or sends it any more.
 */
export function freeBytes({ buffer, byteLength }: NodeJS.ArrayBufferView): void {
  // Many small Buffers are parts of one pool. Arrays without an element are shared, as by columns without a row.
  const isOwn = byteLength === buffer.byteLength || byteLength > Buffer.poolSize;
  if (byteLength > 0 && isOwn && isArrayBuffer(buffer)) buffer.transfer(0);
}
