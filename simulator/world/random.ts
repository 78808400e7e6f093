/** A stream of numbers in [0, 1) that is the same for the same seeds (sfc32). */
export function createRandom(...seeds: readonly number[]): () => number {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let d = 1;
  const next = (): number => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (const seed of seeds) {
    a = (a ^ Math.imul(seed | 0, 0x85ebca6b)) | 0;
    b = (b ^ Math.trunc(seed / 2 ** 32)) | 0;
    for (let round = 0; round < 12; round += 1) next();
  }
  return next;
}

/** A lower-case GUID out of the stream. */
export function randomGuid(random: () => number): string {
  const hex = (digits: number): string =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`;
}
