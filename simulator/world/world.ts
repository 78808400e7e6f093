import { defaultJobs } from './default-jobs.ts';
import { countAll, eventsBy } from './counting.ts';
import { createEventStore, type EventStore } from './event-store.ts';
import type { Delivery, JobSpec, JobTruth, MachineShares, SimulatedEventType, TruthEvent } from './truth.ts';

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
export interface World extends Omit<EventStore, 'entries'> {
  readonly accountIds: readonly number[];
  jobs(accountId?: number): JobTruth[];
  /** Events in no promised order; with `asOf` only those that a Retrieve could return at that instant. */
  events(type: SimulatedEventType, accountId?: number, jobId?: number, asOf?: Date): Iterable<TruthEvent>;
  count(type: SimulatedEventType, accountId?: number, jobId?: number, asOf?: Date): number;
  /** Changes what the service withholds and doubles of a job from now on; without a delivery, nothing. */
  changeDelivery(accountId: number, jobId: number, delivery?: Delivery): void;
  /** Replaces what `Send` shows of a job, for instance its status. */
  changeJob(accountId: number, jobId: number, changes: Partial<JobTruth>): void;
  isLacking(type: SimulatedEventType): boolean;
  /** From now on the accounts lack the features of these event types, and no others. */
  changeFeatures(without: readonly SimulatedEventType[]): void;
}

/** The same seed, now and jobs give the same world, event by event. */
export function createWorld(options: WorldOptions): World {
  const seed = options.seed ?? 1;
  const accountIds = options.accountIds ?? accountsOf(options.jobSpecs) ?? [7_000_001, 7_000_002];
  const { entries: jobs, ...store } = createEventStore({ ...options, seed });
  let without = options.without ?? [];
  const specs =
    options.jobSpecs ?? defaultJobs({ jobs: 8, eventsPerJob: 1000, ...options, seed, accountIds });
  for (const spec of specs) store.addJob(spec);

  return {
    ...store,
    accountIds,
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
      eventsBy(store.sets(type, accountId, jobId), asOf?.getTime() ?? Infinity),
    count: (type, accountId, jobId, asOf) =>
      countAll(store.sets(type, accountId, jobId), asOf?.getTime() ?? Infinity),
  };
}

function accountsOf(specs: readonly JobSpec[] | undefined): number[] | undefined {
  return specs === undefined || specs.length === 0
    ? undefined
    : [...new Set(specs.map((spec) => spec.accountId))];
}
