import type { EventSet } from './event-sets.ts';
import type { Delivery, SimulatedEventType } from './truth.ts';

/** A set as the service delivers it: some events later or never, some twice. The set itself stays what is counted. */
export function deliver(set: EventSet, type: SimulatedEventType, delivery: Delivery | undefined): EventSet[] {
  if (delivery === undefined) return [set];
  const { withheld, doubled } = delivery;
  const applies = (rule: { types?: readonly SimulatedEventType[] } | undefined): boolean =>
    rule !== undefined && (rule.types?.includes(type) ?? true);
  const served =
    withheld !== undefined && applies(withheld)
      ? withhold(set, withheld.every, withheld.until?.getTime() ?? Infinity)
      : set;
  if (doubled === undefined || !applies(doubled)) return [served];
  return [served, repeat(served, doubled.every, doubled.laterByMs ?? 0)];
}

function withhold(set: EventSet, every: number, untilMs: number): EventSet {
  const availableAt = (index: number): number =>
    isNth(index, every) ? Math.max(untilMs, set.availableAt(index)) : set.availableAt(index);
  return {
    ...set,
    completeAt: set.size >= every ? Math.max(set.completeAt, untilMs) : set.completeAt,
    availableAt,
    event: (index) => ({ ...set.event(index), availableAt: availableAt(index) }),
  };
}

/** Every n-th event of a set once more. */
function repeat(set: EventSet, every: number, laterByMs: number): EventSet {
  const original = (index: number): number => (index + 1) * every - 1;
  const availableAt = (index: number): number => set.availableAt(original(index)) + laterByMs;
  return {
    ...set,
    size: Math.floor(set.size / every),
    completeAt: set.completeAt + laterByMs,
    availableAt,
    firstFrom: (instantMs) => Math.floor(set.firstFrom(instantMs - laterByMs) / every),
    person: (index) => set.person(original(index)),
    event: (index) => {
      const event = set.event(original(index));
      return { ...event, occurredAt: event.occurredAt + laterByMs, availableAt: availableAt(index) };
    },
  };
}

function isNth(index: number, every: number): boolean {
  return index % every === every - 1;
}
