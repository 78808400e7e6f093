import { Lane } from '../../../../../src/pipeline/extraction/turns/lane.ts';

/** A lane of two places with tasks of these names, which end and leave as the test says. */
function laneOf(...names: string[]) {
  const lane = new Lane<string>();
  const begun: string[] = [];
  const finished: number[] = [];
  const leaves = new Map<string, () => void>();
  const ends = new Map<string, () => void>();
  for (const name of names) lane.push(name);
  lane.startUpTo(
    2,
    (name, leavePlace) => {
      begun.push(name);
      leaves.set(name, leavePlace);
      return new Promise((resolve) => ends.set(name, resolve));
    },
    () => finished.push(begun.length),
  );
  const turn = async (act: (() => void) | undefined) => {
    act?.();
    for (let count = 0; count < 5; count += 1) await Promise.resolve();
  };
  return {
    ...{ lane, begun, finished },
    leave: (name: string) => turn(leaves.get(name)),
    end: (name: string) => turn(ends.get(name)),
  };
}

it('begins the next task when one ends', async () => {
  const { begun, finished, end } = laneOf('a', 'b', 'c', 'd');
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'c']);
  expect(finished).toEqual([3]);
});

it('begins the next task when one leaves its place, and no second one when that ends', async () => {
  const { begun, finished, leave, end } = laneOf('a', 'b', 'c', 'd');
  await leave('a');
  await leave('a');
  expect(begun).toEqual(['a', 'b', 'c']);
  await end('a');
  expect(begun).toEqual(['a', 'b', 'c']);
  expect(finished).toEqual([3]);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
});

it('settles when the tasks without a place have ended, too', async () => {
  const { lane, leave, end } = laneOf('a');
  await leave('a');
  let isSettled = false;
  const settling = lane.settled().then(() => (isSettled = true));
  await Promise.resolve();
  expect(isSettled).toBe(false);
  await end('a');
  await settling;
  expect(isSettled).toBe(true);
});
