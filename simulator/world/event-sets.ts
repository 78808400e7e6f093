import { detailsOf } from './event-details.ts';
import type { EventColumns } from './generate/columns.ts';
import { subscriberKeyOf } from './subscribers.ts';
import type { EventOrigin, JobTruth, SimulatedEventType, TruthEvent } from './truth.ts';

/** The events of one type of one job in order of time, addressed by position so that a window is a slice. */
export interface EventSet {
  readonly accountId: number;
  readonly jobId: number;
  readonly size: number;
  /** Every event of the set is available from this instant on. */
  readonly completeAt: number;
  availableAt(index: number): number;
  event(index: number): TruthEvent;
  /** Position of the first event at or after that instant. */
  firstFrom(instantMs: number): number;
  /** Who did it: the number of a generated subscriber, the key of a listed one. */
  person(index: number): number | string | null;
}

export interface ListedEvents extends EventSet {
  readonly events: readonly TruthEvent[];
}

export interface GeneratedEventsOptions {
  readonly type: SimulatedEventType;
  readonly columns: EventColumns;
  /** What made them, where it was no person. */
  readonly origin?: EventOrigin | undefined;
}

export function createGeneratedEvents(
  job: JobTruth,
  { type, columns, origin }: GeneratedEventsOptions,
): EventSet {
  const { occurredAt, lateByMs, subscriber, batch, detail } = columns;
  const details = detailsOf(type, job);
  const availableAt = (index: number): number => (occurredAt[index] ?? 0) + (lateByMs[index] ?? 0);
  let completeAt = -Infinity;
  for (let index = 0; index < occurredAt.length; index += 1)
    completeAt = Math.max(completeAt, availableAt(index));

  return {
    accountId: job.accountId,
    jobId: job.jobId,
    size: occurredAt.length,
    completeAt,
    availableAt,
    firstFrom: (instantMs) => firstAtLeast(occurredAt.length, (at) => occurredAt[at] ?? 0, instantMs),
    person: (index) => subscriber[index] ?? 0,
    event: (index) => {
      const person = subscriber[index] ?? 0;
      // Field by field: this is what a page is made of, and a spread costs as much as the rest.
      const { listId, subscriberId, urlId, url, properties, cause } = details(detail[index] ?? 0, person);
      return {
        accountId: job.accountId,
        jobId: job.jobId,
        batchId: batch[index] ?? 0,
        subscriberKey: subscriberKeyOf(person),
        occurredAt: occurredAt[index] ?? 0,
        triggeredSendId: job.triggeredSendId,
        listId,
        subscriberId,
        urlId,
        url,
        properties,
        cause,
        availableAt: availableAt(index),
        origin,
      };
    },
  };
}

/** A set of events that were listed one by one; it never changes, so that open cursors keep their positions. */
export function createListedEvents(
  accountId: number,
  jobId: number,
  listed: readonly TruthEvent[],
): ListedEvents {
  const events = listed.toSorted((left, right) => left.occurredAt - right.occurredAt);
  const at = (index: number): TruthEvent => {
    const event = events[index];
    if (event === undefined) throw new RangeError(`no event at ${index}`);
    return event;
  };
  return {
    accountId,
    jobId,
    events,
    size: events.length,
    completeAt: events.reduce((latest, event) => Math.max(latest, event.availableAt), -Infinity),
    availableAt: (index) => at(index).availableAt,
    event: at,
    firstFrom: (instantMs) => firstAtLeast(events.length, (index) => at(index).occurredAt, instantMs),
    person: (index) => at(index).subscriberKey,
  };
}

function firstAtLeast(size: number, valueAt: (index: number) => number, value: number): number {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueAt(middle) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
