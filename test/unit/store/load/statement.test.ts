import { writeStatement } from '../../../../src/store/load/statement.ts';

interface Pair {
  readonly one: number;
  readonly other: number;
}

describe('writeStatement', () => {
  it('numbers parameters in the order of the text, and sends one that is used twice once', () => {
    const one = (pair: Pair) => pair.one;
    const other = (pair: Pair) => pair.other;
    const statement = writeStatement<Pair>(
      'sum',
      (placeholder) => `select ${placeholder(other)} + ${placeholder(one)} + ${placeholder(other)}`,
    );
    expect(statement.text).toBe('select $1 + $2 + $1');
    expect(statement.values({ one: 1, other: 2 })).toEqual([2, 1]);
  });
});
