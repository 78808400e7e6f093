import { setTimeout as sleep } from 'node:timers/promises';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** An instant so long before another; the clock's own if none is given. */
export function ago(ms: number, before: Date = new Date()): Date {
  return new Date(before.getTime() - ms);
}

/** Waits until something is there; a test that waits in vain says for what. */
export async function eventually<Found>(
  what: string,
  look: () => Found | false | undefined | Promise<Found | false | undefined>,
  waitMs = 30_000,
): Promise<Found> {
  const end = Date.now() + waitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
    await sleep(10);
  }
}
