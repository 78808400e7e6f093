import { findOverdue } from '../../../../../src/store/status/runs/overdue.ts';

const hourMs = 60 * 60 * 1000;
const now = new Date('2026-07-10T03:00:00Z');
const ago = (hours: number) => new Date(now.getTime() - hours * hourMs);
const twoNightsMs = 48 * hourMs;

describe('findOverdue', () => {
  it.each([
    { nights: 0, isOverdue: false },
    { nights: 1, isOverdue: false },
    ...[2, 3, 4, 5, 6, 7, 30, 365].map((nights) => ({ nights, isOverdue: true })),
  ])('after $nights nights without a completed sync says $isOverdue', ({ nights, isOverdue }) => {
    const lastCompletedAt = ago(nights * 24 + 1);
    const overdue = findOverdue({ lastCompletedAt, installedAt: ago(9999), readyAfterMs: twoNightsMs }, now);
    expect(overdue).toEqual(
      isOverdue ? { since: new Date(lastCompletedAt.getTime() + twoNightsMs), lastCompletedAt } : null,
    );
  });

  it.each([
    { hours: 1, isOverdue: false },
    { hours: 47, isOverdue: false },
    { hours: 49, isOverdue: true },
    { hours: 9999, isOverdue: true },
  ])(
    'where no sync has ever completed, $hours hours after setting up, says $isOverdue',
    ({ hours, isOverdue }) => {
      const history = { lastCompletedAt: null, installedAt: ago(hours), readyAfterMs: twoNightsMs };
      expect(findOverdue(history, now) !== null).toBe(isOverdue);
    },
  );

  it('says nothing where it is not known how often a sync should complete', () => {
    const history = { lastCompletedAt: ago(9999), installedAt: ago(9999), readyAfterMs: undefined };
    expect(findOverdue(history, now)).toBeNull();
  });
});
