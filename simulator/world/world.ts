import { defaultJobs } from './default-jobs.ts';
import { createGeneratedEvents, createListedEvents, type EventSet } from './event-sets.ts';
import { generateReactions, generateSent, type GenerationFrame } from './generate-events.ts';
import { createRandom, randomGuid } from './random.ts';
import {
  type JobSpec,
  type JobTruth,
  type SimulatedEventType,
  simulatedEventTypes,
  type TruthEvent,
} from './truth.ts';

export type { JobSpec, JobTruth, SimulatedEventType, TruthEvent } from './truth.ts';

export interface WorldOptions {
  readonly seed?: number;
  readonly now: Date;
  readonly accountIds?: readonly number[];
  /** List sends per account, where no jobSpecs are given. */
  readonly jobs?: number;
  readonly eventsPerJob?: number;
  readonly jobSpecs?: readonly JobSpec[];
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
  /** Replaces what `Send` shows of a job, for instance its status. */
  changeJob(accountId: number, jobId: number, changes: Partial<JobTruth>): void;
  sets(type: SimulatedEventType, accountId?: number, jobId?: number): EventSet[];
}

interface JobEntry {
  truth: JobTruth;
  /** Makes the generated events on first use: an account of a hundred jobs costs nothing until it is asked. */
  readonly generate: (type: SimulatedEventType) => EventSet | undefined;
}

/** The same seed, now and jobs give the same world, event by event. */
export function createWorld(options: WorldOptions): World {
  const seed = options.seed ?? 1;
  const accountIds = options.accountIds ?? accountsOf(options.jobSpecs) ?? [7_000_001, 7_000_002];
  const jobs = new Map<string, JobEntry>();
  const listed = new Map<string, ReturnType<typeof createListedEvents>>();

  const addEvents: World['addEvents'] = (type, events) => {
    for (const [key, group] of Map.groupBy(events, (event) => `${type}/${event.accountId}/${event.jobId}`)) {
      const [first] = group;
      if (first === undefined) continue;
      const earlier = listed.get(key)?.events ?? [];
      listed.set(key, createListedEvents(first.accountId, first.jobId, [...earlier, ...group]));
    }
  };
  const addJob = (spec: JobSpec): void => {
    jobs.set(`${spec.accountId}/${spec.jobId}`, createJob(seed, options.now, spec));
    for (const type of simulatedEventTypes) addEvents(type, spec.events?.[type] ?? []);
  };
  const sets: World['sets'] = (type, accountId, jobId) => {
    const isAsked = (set: { accountId: number; jobId: number }): boolean =>
      (accountId === undefined || set.accountId === accountId) &&
      (jobId === undefined || set.jobId === jobId);
    const generated = [...jobs.values()]
      .filter((job) => isAsked(job.truth))
      .map((job) => job.generate(type))
      .filter((set) => set !== undefined);
    const byHand = [...listed].filter(([key, set]) => key.startsWith(`${type}/`) && isAsked(set));
    return [...generated, ...byHand.map(([, set]) => set)];
  };
  const specs =
    options.jobSpecs ?? defaultJobs({ jobs: 8, eventsPerJob: 1000, ...options, seed, accountIds });
  for (const spec of specs) addJob(spec);

  return {
    accountIds,
    addEvents,
    addJob,
    sets,
    jobs: (accountId) => {
      const truths = [...jobs.values()].map((job) => job.truth);
      return accountId === undefined ? truths : truths.filter((job) => job.accountId === accountId);
    },
    changeJob: (accountId, jobId, changes) => {
      const job = jobs.get(`${accountId}/${jobId}`);
      if (job !== undefined) job.truth = { ...job.truth, ...changes };
    },
    events: (type, accountId, jobId, asOf) => eventsOf(sets(type, accountId, jobId), asOf),
    count: (type, accountId, jobId, asOf) => countAll(sets(type, accountId, jobId), asOf),
  };
}

/** How many events of the set a Retrieve could return at that instant. */
export function countBy(set: EventSet, instantMs: number): number {
  if (instantMs >= set.completeAt) return set.size;
  let count = 0;
  for (let index = 0; index < set.size; index += 1) if (set.availableAt(index) <= instantMs) count += 1;
  return count;
}

function countAll(sets: readonly EventSet[], asOf?: Date): number {
  const instantMs = asOf?.getTime() ?? Infinity;
  return sets.reduce((sum, set) => sum + countBy(set, instantMs), 0);
}

function* eventsOf(sets: readonly EventSet[], asOf?: Date): Generator<TruthEvent> {
  const instantMs = asOf?.getTime() ?? Infinity;
  for (const set of sets) {
    for (let index = 0; index < set.size; index += 1)
      if (set.availableAt(index) <= instantMs) yield set.event(index);
  }
}

function accountsOf(specs: readonly JobSpec[] | undefined): number[] | undefined {
  return specs === undefined || specs.length === 0
    ? undefined
    : [...new Set(specs.map((spec) => spec.accountId))];
}

function createJob(seed: number, now: Date, spec: JobSpec): JobEntry {
  const random = createRandom(seed, spec.accountId, spec.jobId);
  const isTriggered = spec.kind === 'triggered';
  const subject = spec.subject ?? `Send ${spec.jobId}`;
  const scheduledAt = spec.scheduledAt === undefined ? startOf(spec) : spec.scheduledAt;
  const truth: JobTruth = {
    accountId: spec.accountId,
    jobId: spec.jobId,
    kind: spec.kind,
    createdAt: spec.createdAt,
    modifiedAt: spec.modifiedAt ?? (isTriggered ? spec.createdAt : (spec.sentAt ?? spec.createdAt)),
    scheduledAt,
    sentAt: spec.sentAt,
    status: spec.status ?? (spec.sentAt === null ? 'Sending' : 'Complete'),
    subject,
    emailName: subject,
    emailId: 100_000 + (spec.jobId % 100_000),
    listId: 200 + (spec.jobId % 50),
    triggeredSendId: isTriggered ? (spec.triggeredSendId ?? randomGuid(random)) : null,
    triggeredSendStatus: isTriggered ? (spec.triggeredSendStatus ?? 'Active') : null,
    ...(spec.numberSent === undefined ? {} : { numberSent: spec.numberSent }),
  };
  return { truth, generate: createGenerator(frameOf(seed, now, spec, scheduledAt), truth) };
}

function createGenerator(frame: GenerationFrame, truth: JobTruth): JobEntry['generate'] {
  const { counts } = frame.spec;
  const made = new Map<SimulatedEventType, EventSet>();
  let sentColumns: ReturnType<typeof generateSent> | undefined;
  return (type) => {
    if (type !== 'sent' && type !== 'open' && type !== 'click') return undefined;
    const count = counts?.[type] ?? 0;
    if (count === 0) return undefined;
    const known = made.get(type);
    if (known !== undefined) return known;
    sentColumns ??= generateSent(frame, counts?.sent ?? 0);
    const columns = type === 'sent' ? sentColumns : generateReactions(frame, type, count, sentColumns);
    const set = createGeneratedEvents(truth, columns, type === 'sent');
    made.set(type, set);
    return set;
  };
}

function frameOf(seed: number, now: Date, spec: JobSpec, scheduledAt: Date | null): GenerationFrame {
  const worldNow = now.getTime();
  // A sync leaves the youngest minutes alone; ending earlier lets one sync see the whole world.
  const lastEventAt = spec.lastEventAt?.getTime() ?? worldNow - 30 * 60_000;
  const startAt = (scheduledAt ?? spec.createdAt).getTime();
  const endAt = spec.kind === 'triggered' ? lastEventAt : (spec.sentAt?.getTime() ?? lastEventAt);
  return { seed, spec, startAt, endAt, lastEventAt, worldNow };
}

function startOf(spec: JobSpec): Date {
  const afterCreation = spec.createdAt.getTime() + 10 * 60_000;
  if (spec.kind === 'triggered' || spec.sentAt === null) return new Date(afterCreation);
  return new Date(
    Math.min(Math.max(afterCreation, spec.sentAt.getTime() - 3_600_000), spec.sentAt.getTime()),
  );
}
