import { measureInPieces, medianOfPairs, type Pair, ratioOfSums } from '../../../bench/measure.ts';
import type { Contender } from '../../../bench/processes/contender.ts';

const outcome = (seconds: number) => ({ units: 1, seconds, cpuSeconds: seconds });
const pair = (one: number, other: number): Pair => [outcome(one), outcome(other)];
const secondsOf = ({ seconds }: { seconds: number }) => seconds;

describe('two contenders in pieces', () => {
  it('take turns as A B B A, do the same turns, and begin each round in the other order', async () => {
    const calls: string[] = [];
    const contender = (name: string): Contender => ({
      name,
      run: (turn) => Promise.resolve((calls.push(`${name}${turn}`), outcome(turn))),
      stop: () => Promise.resolve(),
    });
    const rounds = await measureInPieces([contender('A'), contender('B')], {
      rounds: 1,
      warmUps: 1,
      pieces: 3,
      beforeRound: () => Promise.resolve(calls.push('|')),
    });
    expect(calls.join(' ')).toBe('| A0 B0 B1 A1 A2 B2 | B3 A3 A4 B4 B5 A5');
    expect(rounds.map((pairs) => pairs.map(([one, other]) => [one.seconds, other.seconds]))).toEqual([
      [
        [3, 3],
        [4, 4],
        [5, 5],
      ],
    ]);
  });
});

describe('the ratio of a round', () => {
  it('is that of its middle pair, whichever contender was slow now and then', () => {
    const pairs = [pair(1, 1), pair(100, 1), pair(1, 1), pair(1, 50), pair(1, 1)];
    expect(medianOfPairs(pairs)).toBe(1);
  });

  it('has a cost that all pairs have', () => {
    const pairs = Array.from({ length: 10 }, (_, at) => pair(1.1 * (at + 1), at + 1));
    expect(medianOfPairs(pairs)).toBeCloseTo(1 / 1.1, 10);
  });

  it('by its sums leaves nothing out', () => {
    expect(ratioOfSums([pair(1, 2), pair(3, 2)], secondsOf)).toBe(1);
    expect(ratioOfSums([pair(1, 1), pair(9, 1)], secondsOf)).toBe(0.2);
  });
});
