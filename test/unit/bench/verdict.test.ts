import { type Goal, judge, type Verdict } from '../../../bench/report/verdict.ts';

const [atLeast, atMost]: Goal[] = [{ least: 1 }, { most: 100, aim: 10 }];
const rounds = (least: number, median: number, most: number) => ({ least, median, most });
const once = (value: number) => rounds(value, value, value);

describe('the verdict on a figure', () => {
  it.each<{
    name: string;
    figure: ReturnType<typeof rounds>;
    goal: Goal | undefined;
    is: Verdict | undefined;
  }>([
    { name: 'the worst round met it', figure: rounds(1, 1.2, 1.4), goal: atLeast, is: 'met' },
    {
      name: 'only the worst round missed it',
      figure: rounds(0.99, 1.2, 1.4),
      goal: atLeast,
      is: 'met with no room',
    },
    { name: 'the median missed it', figure: rounds(0.8, 0.99, 1.4), goal: atLeast, is: 'missed' },
    { name: 'the slowest round met it', figure: rounds(20, 50, 100), goal: atMost, is: 'met' },
    {
      name: 'only the slowest round missed it',
      figure: rounds(20, 50, 101),
      goal: atMost,
      is: 'met with no room',
    },
    { name: 'the median is too slow', figure: rounds(20, 101, 102), goal: atMost, is: 'missed' },
    { name: 'it was taken once, with room', figure: once(95), goal: atMost, is: 'met' },
    { name: 'it was taken once, without room', figure: once(96), goal: atMost, is: 'met with no room' },
    {
      name: 'it was taken once and is a little more than asked',
      figure: once(1.04),
      goal: atLeast,
      is: 'met with no room',
    },
    { name: 'nothing is what it may be at most', figure: once(0), goal: { most: 0 }, is: 'met' },
    { name: 'it is within both bounds', figure: rounds(2, 3, 4), goal: { least: 1, most: 5 }, is: 'met' },
    { name: 'it could not be measured', figure: once(NaN), goal: atLeast, is: 'not measured' },
    { name: 'there is no goal', figure: once(1), goal: undefined, is: undefined },
    { name: 'there is an aim only', figure: once(1), goal: { aim: 3 }, is: undefined },
  ])('is $is where $name', ({ figure, goal, is }) => {
    expect(judge(figure, goal, false)).toBe(is);
  });

  it.each([rounds(2, 3, 4), rounds(0.1, 0.2, 0.3), once(NaN)])(
    'is none beside a profiler, whatever was measured',
    (figure) => {
      expect(judge(figure, atLeast, true)).toBe('not judged: profiled');
      expect(judge(figure, undefined, true)).toBeUndefined();
    },
  );
});
