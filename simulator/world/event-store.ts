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
  const listed = new Map<string, ListedEvents>();
  const retention = createRetention();
  const addEvents: EventStore['addEvents'] = (type, events) => {
    for (const [key, group] of Map.groupBy(events, (event) => keyOf(event.accountId, event.jobId))) {
      const [first] = group;
      if (first === undefined) continue;
      const earlier = listed.get(`${type}/${key}`)?.events ?? [];
      jobs.get(key)?.counters.clear();
      listed.set(`${type}/${key}`, createListedEvents(first.accountId, first.jobId, [...earlier, ...group]));
    }
  };
  const countedSets: EventStore['countedSets'] = (type, accountId, jobId) => {
    const key = keyOf(accountId, jobId);
    const byHand = listed.get(`${type}/${key}`);
    return [...(jobs.get(key)?.events(type) ?? []), ...(byHand === undefined ? [] : [byHand])];
  };
  return {
    entries: jobs,
    addEvents,
    addJob: (spec) => {
      const key = keyOf(spec.accountId, spec.jobId);
      jobs.set(key, createJob(seed, now, withMachines(spec, machines), retention));
      for (const type of simulatedEventTypes) addEvents(type, spec.events?.[type] ?? []);
    },
    countedSets,
    counter: ({ accountId, jobId }, counter, nowMs) => {
      const known = jobs.get(keyOf(accountId, jobId))?.counters;
      const kept = known?.get(counter.name);
      if (kept !== undefined && nowMs >= kept.completeAt) return kept.value;
      const value = counter.count();
      const sets = countedSets(counter.type, accountId, jobId);
      const completeAt = sets.reduce((latest, set) => Math.max(latest, set.completeAt), -Infinity);
      if (nowMs >= completeAt) known?.set(counter.name, { value, completeAt });
      return value;
    },
    sets: function* (type, accountId, jobId) {
      for (const job of requestedJobs(jobs, listed, accountId, jobId)) {
        const { delivery } = jobs.get(keyOf(job.accountId, job.jobId)) ?? {};
        for (const set of countedSets(type, job.accountId, job.jobId)) yield* deliver(set, type, delivery);
      }
    },
  };
}

interface JobKey {
  readonly accountId: number;
  readonly jobId: number;
}

/** The jobs of these ids, those that only listed events name included. */
function requestedJobs(
  jobs: ReadonlyMap<string, JobEntry>,
  listed: ReadonlyMap<string, ListedEvents>,
  accountId: number | undefined,
  jobId: number | undefined,
): JobKey[] {
  if (accountId !== undefined && jobId !== undefined) return [{ accountId, jobId }];
  const all = new Map<string, JobKey>();
  for (const one of [...[...jobs.values()].map((job) => job.truth), ...listed.values()])
    all.set(keyOf(one.accountId, one.jobId), one);

  return [...all.values()].filter(
    (one) =>
      (accountId === undefined || one.accountId === accountId) &&
      (jobId === undefined || one.jobId === jobId),
  );
}

function keyOf(accountId: number, jobId: number): string {
  return `${accountId}/${jobId}`;
}

function withMachines(spec: JobSpec, machines: MachineShares | undefined): JobSpec {
  return machines === undefined ? spec : { machines, ...spec };
}
