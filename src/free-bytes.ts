import { isArrayBuffer } from 'node:util/types';

/**
 * Gives the memory of a large buffer back at once, instead of when garbage is collected. It is empty afterwards: only who made
 * it may free it, once nothing reads or sends it any more.
 */
export function freeBytes({ buffer, byteLength }: Uint8Array): void {
  // A smaller Buffer may be a part of the pool that many others are made of.
  if (byteLength > Buffer.poolSize && isArrayBuffer(buffer)) buffer.transfer(0);
}
