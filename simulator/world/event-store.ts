import { deliver } from './deliveries.ts';
import { createListedEvents, type EventSet, type ListedEvents } from './event-sets.ts';
import { createJob, type JobEntry } from './job.ts';
import { createRetention } from './generate/retention.ts';
import {
  type JobSpec,
  type JobTruth,
  type MachineShares,
  type SimulatedEventType,
  simulatedEventTypes,
  type TruthEvent,
} from './truth.ts';

/** A number to be counted, by name. */
export interface Counter {
  readonly name: string;
  /** The type whose events are counted. */
  readonly type: SimulatedEventType;
  readonly count: () => number;
}

export interface EventStore {
  readonly entries: ReadonlyMap<string, JobEntry>;
  addEvents(type: SimulatedEventType, events: readonly TruthEvent[]): void;
  addJob(spec: JobSpec): void;
  /** Events as the service delivers them, job by job. */
  sets(type: SimulatedEventType, accountId?: number, jobId?: number): Iterable<EventSet>;
  /** Events as the service counts them, whatever it withholds or doubles. */
  countedSets(type: SimulatedEventType, accountId: number, jobId: number): readonly EventSet[];
  /**
   * A number counted from the events of one type of a job. It is remembered, so that asking for it again does not
   * make the events again, once all of them have arrived.
   */
  counter(job: JobTruth, counter: Counter, nowMs: number): number;
}

export interface EventStoreOptions {
  readonly seed: number;
  readonly now: Date;
  readonly machines?: MachineShares;
}

/** Jobs with their generated events, and events listed one by one, of these jobs and others. */
export function createEventStore({ seed, now, machines }: EventStoreOptions): EventStore {
  const jobs = new Map<string, JobEntry>();
  const listed = new Map(simulatedEventTypes.map((type) => [type, new Map<string, ListedEvents>()]));
  const retention = createRetention();
  const addEvents: EventStore['addEvents'] = (type, events) => {
    for (const [key, group] of Map.groupBy(events, (event) => keyOf(event.accountId, event.jobId))) {
      const [first] = group;
      if (first === undefined) continue;
      const earlier = listed.get(type)?.get(key)?.events ?? [];
      jobs.get(key)?.counters.clear();
      listed.get(type)?.set(key, createListedEvents(first.accountId, first.jobId, [...earlier, ...group]));
    }
  };
  const setsOf = (type: SimulatedEventType, key: string): readonly EventSet[] => {
    const made = jobs.get(key)?.events(type) ?? [];
    const byHand = listed.get(type)?.get(key);
    return byHand === undefined ? made : [...made, byHand];
  };
  return {
    entries: jobs,
    addEvents,
    addJob: (spec) => {
      const key = keyOf(spec.accountId, spec.jobId);
      jobs.set(key, createJob(seed, now, withMachines(spec, machines), retention));
      for (const type of simulatedEventTypes) addEvents(type, spec.events?.[type] ?? []);
    },
    countedSets: (type, accountId, jobId) => setsOf(type, keyOf(accountId, jobId)),
    counter: ({ accountId, jobId }, counter, nowMs) => {
      const key = keyOf(accountId, jobId);
      const known = jobs.get(key)?.counters;
      const kept = known?.get(counter.name);
      if (kept !== undefined && nowMs >= kept.completeAt) return kept.value;
      const value = counter.count();
      const sets = setsOf(counter.type, key);
      const completeAt = sets.reduce((latest, set) => Math.max(latest, set.completeAt), -Infinity);
      if (nowMs >= completeAt) known?.set(counter.name, { value, completeAt });
      return value;
    },
    sets: function* (type, accountId, jobId) {
      const keys =
        accountId !== undefined && jobId !== undefined
          ? [keyOf(accountId, jobId)]
          : keysOf({ jobs, listed: listed.get(type) ?? new Map(), accountId, jobId });
      for (const key of keys)
        for (const set of setsOf(type, key)) yield* deliver(set, type, jobs.get(key)?.delivery);
    },
  };
}

interface KeyQuery {
  readonly jobs: ReadonlyMap<string, JobEntry>;
  readonly listed: ReadonlyMap<string, ListedEvents>;
  readonly accountId: number | undefined;
  readonly jobId: number | undefined;
}

/** Keys of the jobs of these ids, then of those that only listed events name. */
function* keysOf({ jobs, listed, accountId, jobId }: KeyQuery): Generator<string> {
  const isRequested = (one: { readonly accountId: number; readonly jobId: number }): boolean =>
    (accountId === undefined || one.accountId === accountId) && (jobId === undefined || one.jobId === jobId);
  for (const [key, { truth }] of jobs) if (isRequested(truth)) yield key;
  for (const [key, events] of listed) if (!jobs.has(key) && isRequested(events)) yield key;
}

function keyOf(accountId: number, jobId: number): string {
  return `${accountId}/${jobId}`;
}

function withMachines(spec: JobSpec, machines: MachineShares | undefined): JobSpec {
  return machines === undefined ? spec : { machines, ...spec };
}
