import { dimensionCatalog } from '../../dimensions/catalog.ts';
import type { DimensionDefinition } from '../../dimensions/define-dimension.ts';
import { job } from '../../dimensions/job.ts';
import type { DiscoveryFacts } from '../../store/planning/discovery.ts';
import type { CounterCutoffs, ReadingCutoffs } from '../../store/planning/due-readings.ts';
import type { PlannedReading } from '../../store/planning/plan-ledger.ts';
import { closedCadenceMs, olderCadenceMs } from './plan-tasks.ts';
import { youngMs } from './tail-cover.ts';
import { createWindow, retentionMs, subtractSpans } from './windows.ts';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** How far before the last discovery the next one begins: a Send may be written long after its dates. */
const discoveryOverlapMs = 7 * dayMs;

/** Marketing Cloud: its clock may run ahead of ours, so the window of modification dates ends this far after now. */
const discoveryAheadMs = 7 * dayMs;

/** What cannot be read, and what a person accepted as a hole, is tried again after this time. */
const acceptedMs = 30 * dayMs;

/** Marketing Cloud: how many values `IN` takes is not documented. */
const jobIdsPerTask = 100;

/** Dimensions that events are planned by. */
export const planningDimensions: readonly DimensionDefinition[] = dimensionCatalog.filter(
  ({ everyHours }) => everyHours === 0,
);

/** Dimensions that describe events, and that nothing waits for but the end of the run. */
const describingDimensions: readonly DimensionDefinition[] = dimensionCatalog.filter(
  ({ everyHours }) => everyHours > 0,
);

/** Dimensions that describe events and are read for a list of jobs. */
export const jobDimensions = describingDimensions.filter(({ filters }) => filters.jobIds !== undefined);

/**
 * The readings that discover the jobs of an account: Sends modified since the last discovery, and the definitions of
 * triggered sends. Readings that are parked are left out, because each sync attempts those once. Pure.
 */
export function planDiscovery(facts: DiscoveryFacts): PlannedReading[] {
  if (facts.isRefused) return [];
  const whole = planningDimensions.filter(isReadWhole).flatMap((dimension) => planWhole(dimension, facts));
  return [...planModifiedJobs(facts), ...whole];
}

function planModifiedJobs({ accountId, now, jobsDiscoveredUntil, parked }: DiscoveryFacts): PlannedReading[] {
  const fromMs =
    jobsDiscoveredUntil === null
      ? now.getTime() - retentionMs
      : jobsDiscoveredUntil.getTime() - discoveryOverlapMs;
  const window = createWindow(fromMs, now.getTime() + discoveryAheadMs);
  if (window === undefined) return [];
  const holes = parked.flatMap((reading) =>
    reading.dimension === job.name && reading.window !== null ? [reading.window] : [],
  );
  const parts = subtractSpans(window, holes).map((part) => ({ window: part, jobIds: null }));
  if (parts.length === 0) return [];
  return [{ accountId, dimension: job.name, scope: { window, jobIds: null }, parts }];
}

/** Dimensions that describe events and are read whole, those that are due. Pure. */
export function planDescriptions(facts: DiscoveryFacts): PlannedReading[] {
  if (facts.isRefused) return [];
  const due = describingDimensions.filter(isReadWhole).filter(({ name, everyHours }) => {
    const readAt = facts.readAt.get(name);
    return readAt === undefined || facts.now.getTime() - readAt.getTime() >= everyHours * hourMs;
  });
  return due.flatMap((dimension) => planWhole(dimension, facts));
}

function isReadWhole({ filters }: DimensionDefinition): boolean {
  return filters.window === undefined && filters.jobIds === undefined;
}

function planWhole({ name }: DimensionDefinition, facts: DiscoveryFacts): PlannedReading[] {
  if (facts.unavailable.has(name) || failedReadings(name, facts).length > 0) return [];
  const scope = { window: null, jobIds: null };
  return [{ accountId: facts.accountId, dimension: name, scope, parts: [scope] }];
}

/**
 * The reading of a dimension for these jobs, without those whose reading has failed. Where the request itself was
 * refused, it would be refused for other jobs as well: then there is none. Pure.
 */
export function planJobs(
  { name }: DimensionDefinition,
  jobIds: readonly number[],
  facts: DiscoveryFacts,
): PlannedReading[] {
  const failed = failedReadings(name, facts).filter((reading) => reading.jobIds !== null);
  const isRefused =
    facts.isRefused || facts.unavailable.has(name) || failed.some(({ code }) => code === 'REQUEST_INVALID');
  const left = new Set(failed.flatMap((reading) => reading.jobIds ?? []));
  const wanted = jobIds.filter((jobId) => !left.has(jobId));
  if (isRefused || wanted.length === 0) return [];
  const parts = [];
  for (let first = 0; first < wanted.length; first += jobIdsPerTask)
    parts.push({ window: null, jobIds: wanted.slice(first, first + jobIdsPerTask) });

  const scope = { window: null, jobIds: wanted };
  return [{ accountId: facts.accountId, dimension: name, scope, parts }];
}

/** Readings that are parked, or that a person accepted not long ago. */
function failedReadings(dimension: string, { now, parked, accepted }: DiscoveryFacts) {
  const recent = accepted.filter(({ at }) => now.getTime() - at.getTime() < acceptedMs);
  return [...parked, ...recent].filter((reading) => reading.dimension === dimension);
}

export interface ReadingClock {
  /** When the run began. */
  readonly before: Date;
  readonly lookbackMs: number;
  /** The tail is read by date: then nothing is read for the age of a job alone. */
  readonly isTailRead: boolean;
}

/** No reading began before: only one that was never made is due. */
const never = new Date(0);

/** The instants that decide for which jobs a dimension is due. */
export function readingCutoffs(
  { everyHours }: DimensionDefinition,
  { before, lookbackMs, isTailRead }: ReadingClock,
): ReadingCutoffs {
  const earlier = (ms: number) => new Date(before.getTime() - ms);
  return {
    // Where the tail is read, a job of any age may have moved.
    activeSince: earlier(isTailRead ? retentionMs : lookbackMs),
    openBefore: earlier(everyHours * hourMs),
    closedBefore: isTailRead ? never : earlier(closedCadenceMs),
    retainedSince: earlier(retentionMs),
  };
}

/** The same for the counters of jobs: those of a young job are read in each run, as its events are. */
export function counterCutoffs(clock: ReadingClock): CounterCutoffs {
  const { before, isTailRead } = clock;
  return {
    ...readingCutoffs(job, clock),
    openBefore: isTailRead ? never : new Date(before.getTime() - olderCadenceMs),
    youngSince: new Date(before.getTime() - youngMs),
    youngBefore: before,
  };
}
