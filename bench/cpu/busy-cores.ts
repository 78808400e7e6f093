import os from 'node:os';
import { type Point, valueAt } from './follow-others.ts';

// Above this share a figure says what the machine can do, not the program.
const busyAtMost = 0.9;
const everyMs = 100;

/** Follows how busy the cores of the machine are, with whatever runs on it. */
export function watchCores(): { stop(): void; busyBetween(fromMs: number, toMs: number): number } {
  const [idle, total]: [Point[], Point[]] = [[], []];
  const read = (): void => {
    const times = os.cpus().map((core) => core.times);
    const at = Date.now();
    idle.push({ at, value: times.reduce((sum, core) => sum + core.idle, 0) });
    total.push({
      at,
      value: times.reduce(
        (sum, { user, nice, sys, idle: ofCore, irq }) => sum + user + nice + sys + ofCore + irq,
        0,
      ),
    });
  };
  read();
  const timer = setInterval(read, everyMs);
  return {
    stop() {
      clearInterval(timer);
      read();
    },
    busyBetween(fromMs, toMs) {
      const between = (points: readonly Point[]) => valueAt(points, toMs) - valueAt(points, fromMs);
      return 1 - between(idle) / between(total);
    },
  };
}

/** A figure that takes idle cores; not a number, so not measured, where there were none left. */
export function whereCoresWereIdle(figure: number, busy: number): number {
  return busy > busyAtMost ? NaN : figure;
}

/** For the note of such a figure. */
export function busyText(busy: number): string {
  return `${Math.round(busy * 100)} % of the machine busy`;
}
