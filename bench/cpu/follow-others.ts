import { type Others, type OthersCpu, othersCpu } from './others.ts';

/** Something that grew, at an instant. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

// Reading takes less than a millisecond.
const everyMs = 200;

/** Reads now and then what the others have used, so that a run can be divided when it is over. */
export function followOthers(others: Others): { stop(): void; at(ms: number): OthersCpu } {
  const readings: { readonly at: number; readonly used: OthersCpu }[] = [];
  const read = (): void => void readings.push({ at: Date.now(), used: othersCpu(others) });
  read();
  const timer = setInterval(read, everyMs);
  const seriesOf = (of: (used: OthersCpu) => number): Point[] =>
    readings.map(({ at, used }) => ({ at, value: of(used) }));
  return {
    stop() {
      clearInterval(timer);
      read();
    },
    at: (ms) => ({
      postgres: valueAt(
        seriesOf(({ postgres }) => postgres),
        ms,
      ),
      source: valueAt(
        seriesOf(({ source }) => source),
        ms,
      ),
    }),
  };
}

/** The value at an instant, on a straight line between the points before and after. */
export function valueAt(points: readonly Point[], at: number): number {
  const after = points.find((point) => point.at >= at) ?? points.at(-1);
  const before = points.findLast((point) => point.at <= at) ?? points[0];
  if (after === undefined || before === undefined) return NaN;
  const share = after.at <= before.at ? 0 : (at - before.at) / (after.at - before.at);
  return before.value + share * (after.value - before.value);
}
