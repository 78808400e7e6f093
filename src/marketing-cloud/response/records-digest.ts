import { crc32 } from 'node:zlib';

// The digest reads the first of every 8 blocks, some 20 of 160 records. Pages that differ at all differ
// there too, and it costs a hundredth of the parsing time; reading every block would cost a tenth.
const digestBlockChars = 8 * 1024;
const digestEveryBlocks = 8;

export interface RecordsDigest {
  add(chunk: string, from: number): void;
  value(): string;
}

/** Length and sampled checksum of a page's records. It does not depend on where the network split the text. */
export function createRecordsDigest(): RecordsDigest {
  const stride = digestBlockChars * digestEveryBlocks;
  let checksum = 0;
  let chars = 0;
  return {
    add(chunk, from) {
      const length = chunk.length - from;
      const first = chars - (chars % stride);
      for (let block = first; block < chars + length; block += stride) {
        const start = Math.max(block, chars);
        const end = Math.min(block + digestBlockChars, chars + length);
        if (start < end) checksum = crc32(chunk.slice(from + start - chars, from + end - chars), checksum);
      }
      chars += length;
    },
    value: () => `${chars}-${checksum.toString(16)}`,
  };
}
