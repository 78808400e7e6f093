import { defaultJobs } from './default-jobs.ts';
import { countBy, eventsBy } from './counting.ts';
import { deliver } from './deliveries.ts';
import { createListedEvents, type EventSet, type ListedEvents } from './event-sets.ts';
import { createJob, type JobEntry } from './job.ts';
import {
  type Delivery,
  type JobSpec,
  type JobTruth,
  type MachineShares,
  type SimulatedEventType,
  simulatedEventTypes,
  type TruthEvent,
} from './truth.ts';

export type { Delivery, JobSpec, JobTruth, MachineShares, SimulatedEventType, TruthEvent } from './truth.ts';

export interface WorldOptions {
  readonly seed?: number;
  readonly now: Date;
  readonly accountIds?: readonly number[];
  /** List sends per account, where no jobSpecs are given. */
  readonly jobs?: number;
  readonly eventsPerJob?: number;
  readonly jobSpecs?: readonly JobSpec[];
  /** Event types whose feature the accounts lack: a Retrieve of them is refused. */
  readonly without?: readonly SimulatedEventType[];
  /** Machines in every job that does not name its own. */
  readonly machines?: MachineShares;
}

/** What really happened: every job and every event of every account. */
export interface World {
  readonly accountIds: readonly number[];
  jobs(accountId?: number): JobTruth[];
  /** Events in no promised order; with `asOf` only those that a Retrieve could return at that instant. */
  events(type: SimulatedEventType, accountId?: number, jobId?: number, asOf?: Date): Iterable<TruthEvent>;
  count(type: SimulatedEventType, accountId?: number, jobId?: number, asOf?: Date): number;
  addEvents(type: SimulatedEventType, events: readonly TruthEvent[]): void;
  addJob(spec: JobSpec): void;
  /** Changes what the service withholds and doubles of a job from now on; without a delivery, nothing. */
  changeDelivery(accountId: number, jobId: number, delivery?: Delivery): void;
  /** Replaces what `Send` shows of a job, for instance its status. */
  changeJob(accountId: number, jobId: number, changes: Partial<JobTruth>): void;
  isLacking(type: SimulatedEventType): boolean;
  /** From now on the accounts lack the features of these event types, and no others. */
  changeFeatures(without: readonly SimulatedEventType[]): void;
  /** Events as the service delivers them. */
  sets(type: SimulatedEventType, accountId?: number, jobId?: number): EventSet[];
  /** Events as the service counts them, whatever it withholds or doubles. */
  countedSets(type: SimulatedEventType, accountId: number, jobId: number): EventSet[];
}

/** The same seed, now and jobs give the same world, event by event. */
export function createWorld(options: WorldOptions): World {
  const seed = options.seed ?? 1;
  const accountIds = options.accountIds ?? accountsOf(options.jobSpecs) ?? [7_000_001, 7_000_002];
  const { jobs, addEvents, addJob, countedSets, sets } = createEventStore(seed, options);
  let without = options.without ?? [];
  const specs =
    options.jobSpecs ?? defaultJobs({ jobs: 8, eventsPerJob: 1000, ...options, seed, accountIds });
  for (const spec of specs) addJob(spec);

  return {
    accountIds,
    addEvents,
    addJob,
    sets,
    countedSets,
    isLacking: (type) => without.includes(type),
    changeFeatures: (types) => {
      without = types;
    },
    jobs: (accountId) => {
      const truths = [...jobs.values()].map((job) => job.truth);
      return accountId === undefined ? truths : truths.filter((job) => job.accountId === accountId);
    },
    changeJob: (accountId, jobId, changes) => {
      const job = jobs.get(`${accountId}/${jobId}`);
      if (job !== undefined) job.truth = { ...job.truth, ...changes };
    },
    changeDelivery: (accountId, jobId, delivery) => {
      const job = jobs.get(`${accountId}/${jobId}`);
      if (job !== undefined) job.delivery = delivery;
    },
    events: (type, accountId, jobId, asOf) =>
      eventsBy(sets(type, accountId, jobId), asOf?.getTime() ?? Infinity),
    count: (type, accountId, jobId, asOf) => countAll(sets(type, accountId, jobId), asOf),
  };
}

interface EventStore extends Pick<World, 'addEvents' | 'addJob' | 'sets' | 'countedSets'> {
  readonly jobs: ReadonlyMap<string, JobEntry>;
}

/** Jobs with their generated events, and events listed one by one, of these jobs and others. */
function createEventStore(seed: number, { now, machines }: WorldOptions): EventStore {
  const jobs = new Map<string, JobEntry>();
  const listed = new Map<string, ListedEvents>();
  const addEvents: World['addEvents'] = (type, events) => {
    for (const [key, group] of Map.groupBy(events, (event) => `${type}/${event.accountId}/${event.jobId}`)) {
      const [first] = group;
      if (first === undefined) continue;
      const earlier = listed.get(key)?.events ?? [];
      listed.set(key, createListedEvents(first.accountId, first.jobId, [...earlier, ...group]));
    }
  };
  const setsOf = (type: SimulatedEventType, accountId?: number, jobId?: number): EventSet[] => {
    const isRequested = (set: { accountId: number; jobId: number }): boolean =>
      (accountId === undefined || set.accountId === accountId) &&
      (jobId === undefined || set.jobId === jobId);
    const generated = [...jobs.values()]
      .filter((job) => isRequested(job.truth))
      .flatMap((job) => job.events(type));
    const byHand = [...listed].filter(([key, set]) => key.startsWith(`${type}/`) && isRequested(set));
    return [...generated, ...byHand.map(([, set]) => set)];
  };
  return {
    jobs,
    addEvents,
    addJob: (spec) => {
      jobs.set(`${spec.accountId}/${spec.jobId}`, createJob(seed, now, withMachines(spec, machines)));
      for (const type of simulatedEventTypes) addEvents(type, spec.events?.[type] ?? []);
    },
    countedSets: setsOf,
    sets: (type, accountId, jobId) =>
      setsOf(type, accountId, jobId).flatMap((set) =>
        deliver(set, type, jobs.get(`${set.accountId}/${set.jobId}`)?.delivery),
      ),
  };
}

function countAll(sets: readonly EventSet[], asOf?: Date): number {
  const instantMs = asOf?.getTime() ?? Infinity;
  return sets.reduce((sum, set) => sum + countBy(set, instantMs), 0);
}

function withMachines(spec: JobSpec, machines: MachineShares | undefined): JobSpec {
  return machines === undefined ? spec : { machines, ...spec };
}

function accountsOf(specs: readonly JobSpec[] | undefined): number[] | undefined {
  return specs === undefined || specs.length === 0
    ? undefined
    : [...new Set(specs.map((spec) => spec.accountId))];
}
