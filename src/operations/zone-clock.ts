/** The clocks on the walls of a time zone. A wall time is written as the instant at which UTC clocks show it. */
export interface ZoneClock {
  wallTimeOf(instant: Date): Date;
  /**
   * The instants at which the clocks show a wall time: one; two in the hour that is repeated in autumn; in the hour that is
   * skipped in spring, the first instant after it.
   */
  instantsOf(wallTime: Date): readonly Date[];
}

const dayMs = 24 * 60 * 60 * 1000;

/** Clocks are changed at full quarters of an hour only. */
const steadyMs = 15 * 60 * 1000;

/** Offsets kept at once. */
const offsetsMax = 2000;

export function createZoneClock(timeZone: string): ZoneClock {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', era: 'short' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  const offsets = new Map<number, number>();
  const offsetAt = (instantMs: number): number => {
    const blockMs = Math.floor(instantMs / steadyMs) * steadyMs;
    const known = offsets.get(blockMs);
    if (known !== undefined) return known;
    if (offsets.size >= offsetsMax) offsets.clear();
    const offset = readOffset(format, blockMs);
    offsets.set(blockMs, offset);
    return offset;
  };
  return {
    wallTimeOf: (instant) => new Date(instant.getTime() + offsetAt(instant.getTime())),
    instantsOf(wallTime) {
      const wallMs = wallTime.getTime();
      const [before, after] = [offsetAt(wallMs - dayMs), offsetAt(wallMs + dayMs)];
      if (before === after) return [new Date(wallMs - before)];
      const found = [wallMs - before, wallMs - after]
        .filter((instantMs) => instantMs + offsetAt(instantMs) === wallMs)
        .toSorted((one, other) => one - other);
      if (found.length > 0) return found.map((instantMs) => new Date(instantMs));
      return [new Date(findChange(wallMs - after, wallMs - before, offsetAt))];
    },
  };
}

function readOffset(format: Intl.DateTimeFormat, instantMs: number): number {
  const parts = new Map(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const [year, month, day] = [part('year'), part('month') - 1, part('day')];
  return Date.UTC(year, month, day, part('hour'), part('minute'), part('second')) - instantMs;
}

/** The first instant in `(fromMs, toMs]` whose offset is not that of `fromMs`. */
function findChange(fromMs: number, toMs: number, offsetAt: (instantMs: number) => number): number {
  const offset = offsetAt(fromMs);
  let [low, high] = [Math.floor(fromMs / steadyMs), Math.ceil(toMs / steadyMs)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * steadyMs) === offset) low = middle;
    else high = middle;
  }
  return high * steadyMs;
}
