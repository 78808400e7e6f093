import { createRandom } from '../../world/random.ts';

/** A permutation that costs no memory: multiplication by a number that shares no factor with the size. */
export function shuffle(size: number, seed: number): (place: number) => number {
  const random = createRandom(seed, size);
  let factor = Math.floor((0.3 + random() * 0.6) * size) | 1;
  while (greatestCommonDivisor(factor, size) > 1) factor += 1;
  const offset = Math.floor(random() * size);
  return (place) => (place * factor + offset) % size;
}

/** Places in order of time, which the real service does not promise. */
export function byDate(size: number, timeAt: (place: number) => number): (place: number) => number {
  const times = Float64Array.from({ length: size }, (_, place) => timeAt(place));
  const order = Uint32Array.from({ length: size }, (_, place) => place).sort(
    (left, right) => (times[left] ?? 0) - (times[right] ?? 0),
  );
  return (place) => order[place] ?? 0;
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}
