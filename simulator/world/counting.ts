import type { EventSet } from './event-sets.ts';
import type { TruthEvent } from './truth.ts';

/** How many events of the set have happened and arrived by that instant. */
function countBy(set: EventSet, instantMs: number): number {
  if (instantMs >= set.completeAt) return set.size;
  let count = 0;
  for (let index = 0; index < set.size; index += 1) if (set.availableAt(index) <= instantMs) count += 1;
  return count;
}

/** The same of several sets. */
export function countAll(sets: Iterable<EventSet>, instantMs: number): number {
  let count = 0;
  for (const set of sets) count += countBy(set, instantMs);
  return count;
}

/** How many different subscribers have an event in the sets by then. */
export function countPeople(sets: readonly EventSet[], instantMs: number): number {
  const people = new Set<number | string | null>();
  // Listed events name people by key, generated ones by number: where they meet, all go by key.
  const isMixed = sets.some(isListed);
  for (const set of sets) {
    for (let index = 0; index < set.size; index += 1) {
      if (set.availableAt(index) > instantMs) continue;
      people.add(isMixed ? set.event(index).subscriberKey : set.person(index));
    }
  }
  return people.size;
}

/** How many different mails have an event in the sets by then that fits. */
export function countMails(
  sets: readonly EventSet[],
  instantMs: number,
  fits: (event: TruthEvent) => boolean = () => true,
): number {
  const mails = new Set<string>();
  for (const event of eventsBy(sets, instantMs))
    if (fits(event)) mails.add(`${event.batchId ?? ''} ${event.subscriberKey ?? ''}`);

  return mails.size;
}

/** How many events of the sets fit by then. */
export function countFitting(
  sets: readonly EventSet[],
  instantMs: number,
  fits: (event: TruthEvent) => boolean,
): number {
  let count = 0;
  for (const event of eventsBy(sets, instantMs)) if (fits(event)) count += 1;
  return count;
}

export function* eventsBy(sets: Iterable<EventSet>, instantMs: number): Generator<TruthEvent> {
  for (const set of sets) {
    for (let index = 0; index < set.size; index += 1)
      if (set.availableAt(index) <= instantMs) yield set.event(index);
  }
}

function isListed(set: EventSet): boolean {
  return 'events' in set;
}
