import type { JobTruth, TruthEvent } from './truth.ts';

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
  /** How many different subscribers have an event that is available by then. */
  subscribersBy(instantMs: number): number;
}

/** What is kept of a generated event; the rest follows from the job and the subscriber's number. */
export interface EventColumns {
  readonly occurredAt: Float64Array;
  readonly lateByMs: Float64Array;
  readonly subscriber: Int32Array;
  readonly batch: Int32Array;
  /** Number of the clicked link in its job; empty for events without links. */
  readonly link: Uint8Array;
}

// Keys that break careless code: leading zeros, exponents, markup, spaces, emoji, numbers beyond 2^63.
const oddKeys = [
  '007',
  '1e5',
  'anna&bert@example.com',
  '<none>',
  'carla+news@example.com',
  ' leading@example.com',
  '12345678901234567890',
  'dörte.😀@example.com',
  'true',
  'NULL',
  "o'neil@example.com",
  'trailing@example.com ',
  '"quoted"@example.com',
];

// Prime, so that two people without a key never share a clock tick of a dense send.
const withoutKeyEvery = 997;

/** The key of a subscriber by number; null for the few that have none. */
function subscriberKeyOf(subscriber: number): string | null {
  if (subscriber % withoutKeyEvery === 500) return null;
  const odd = oddKeys[subscriber];
  if (odd !== undefined) return odd;
  return subscriber % 7 === 3
    ? `00D-${subscriber.toString().padStart(9, '0')}`
    : `person${subscriber}@example.com`;
}

/** Links of a job: a plain one, markup in the query, a personalised one, and one longer than an index entry. */
function linksOf(jobId: number): { urlId: number; url: string }[] {
  const urlId = 50_000 + (jobId % 100_000) * 8;
  return [
    { urlId, url: `https://www.example.com/offers/${jobId}` },
    { urlId: urlId + 1, url: `https://www.example.com/shop?job=${jobId}&utm_source=mail&utm_content=hero` },
    { urlId: urlId + 2, url: 'https://www.example.com/unsubscribe?a=%3Cb%3E&c="d"' },
    { urlId: urlId + 3, url: `https://www.example.com/größe/${jobId}#section 2` },
    { urlId: urlId + 4, url: `https://www.example.com/long?token=${'abcdefghij'.repeat(300)}` },
  ];
}

export const linksPerJob = 5;

export function createGeneratedEvents(job: JobTruth, columns: EventColumns, hasList: boolean): EventSet {
  const { occurredAt, lateByMs, subscriber, batch, link } = columns;
  const links = linksOf(job.jobId);
  const availableAt = (index: number): number => (occurredAt[index] ?? 0) + (lateByMs[index] ?? 0);
  let completeAt = -Infinity;
  for (let index = 0; index < occurredAt.length; index += 1)
    completeAt = Math.max(completeAt, availableAt(index));

  const countSubscribers = (instantMs: number): number => {
    const seen = new Set<number>();
    subscriber.forEach((one, index) => {
      if (availableAt(index) <= instantMs) seen.add(one);
    });
    return seen.size;
  };
  let subscribersWhenComplete: number | undefined;
  return {
    accountId: job.accountId,
    jobId: job.jobId,
    size: occurredAt.length,
    completeAt,
    availableAt,
    firstFrom: (instantMs) => firstAtLeast(occurredAt.length, (at) => occurredAt[at] ?? 0, instantMs),
    subscribersBy: (instantMs) =>
      instantMs < completeAt
        ? countSubscribers(instantMs)
        : (subscribersWhenComplete ??= countSubscribers(instantMs)),
    event: (index) => {
      const person = subscriber[index] ?? 0;
      const clicked = link.length === 0 ? undefined : links[link[index] ?? 0];
      return {
        accountId: job.accountId,
        jobId: job.jobId,
        batchId: batch[index] ?? 0,
        subscriberKey: subscriberKeyOf(person),
        occurredAt: occurredAt[index] ?? 0,
        triggeredSendId: job.triggeredSendId,
        listId: hasList ? job.listId : null,
        subscriberId: hasList ? 40_000_000 + person : null,
        urlId: clicked?.urlId ?? null,
        url: clicked?.url ?? null,
        availableAt: availableAt(index),
      };
    },
  };
}

/** A set of events that were listed one by one; it never changes, so that open cursors keep their positions. */
export function createListedEvents(
  accountId: number,
  jobId: number,
  listed: readonly TruthEvent[],
): EventSet & { readonly events: readonly TruthEvent[] } {
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
    subscribersBy: (instantMs) =>
      new Set(events.filter((event) => event.availableAt <= instantMs).map((event) => event.subscriberKey))
        .size,
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
