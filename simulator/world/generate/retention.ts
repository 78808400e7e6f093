/** Decides whose generated events stay in memory. */
export interface Retention {
  /** Notes a use of the events behind `forget`; calls the `forget` of those used least recently where there are too many. */
  touch(forget: () => void, events: number): void;
}

// 25 bytes an event: 200 MB, whatever the size of the world.
const eventsMax = 8_000_000;

export function createRetention(limit = eventsMax): Retention {
  // In the order of their last use.
  const held = new Map<() => void, number>();
  let total = 0;
  return {
    touch: (forget, events) => {
      total += events - (held.get(forget) ?? 0);
      held.delete(forget);
      held.set(forget, events);
      for (const [oldest, size] of held) {
        if (total <= limit || oldest === forget) return;
        held.delete(oldest);
        total -= size;
        oldest();
      }
    },
  };
}
