import { createRetention } from '../../../../simulator/world/generate/retention.ts';

it('forgets those used least recently where the events are too many, and never the one in use', () => {
  const forgotten: string[] = [];
  const forget = new Map(['a', 'b', 'c'].map((name) => [name, () => void forgotten.push(name)]));
  const retention = createRetention(10);
  const touch = (name: string, events: number): void =>
    retention.touch(forget.get(name) ?? (() => undefined), events);
  touch('a', 4);
  touch('b', 4);
  touch('a', 4);
  expect(forgotten).toEqual([]);
  touch('c', 4);
  expect(forgotten).toEqual(['b']);
  touch('b', 50);
  expect(forgotten).toEqual(['b', 'a', 'c']);
  touch('a', 1);
  expect(forgotten).toEqual(['b', 'a', 'c', 'b']);
});
