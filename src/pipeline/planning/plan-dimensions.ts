import { job } from '../../dimensions/job.ts';
import { triggeredSend } from '../../dimensions/triggered-send.ts';
import type { DiscoveryFacts } from '../../store/ledger/discovery.ts';
import type { PlannedReading } from '../../store/ledger/plan-ledger.ts';
import { createWindow, retentionMs, subtractSpans } from './windows.ts';

/** How far before the last discovery the next one begins: a Send may be written long after its dates. */
const discoveryOverlapMs = 7 * 24 * 60 * 60 * 1000;

/** Marketing Cloud: its clock may run ahead of ours, so the window of modification dates ends this far after now. */
const discoveryAheadMs = 7 * 24 * 60 * 60 * 1000;

/** A dimension that cannot be read, and that a person accepted as a hole, is tried again after this time. */
const acceptedMs = 30 * 24 * 60 * 60 * 1000;

/** Marketing Cloud: how many values `IN` takes is not documented. */
const jobIdsPerTask = 100;

/**
 * The readings that discover the jobs of an account: Sends modified since the last discovery, and the definitions of
 * triggered sends. Readings that are parked are left out, because each sync attempts those once. Pure.
 */
export function planDiscovery(facts: DiscoveryFacts): PlannedReading[] {
  if (facts.isRefused) return [];
  return [...planModifiedJobs(facts), ...planWhole(triggeredSend.name, facts)];
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

function planWhole(
  dimension: string,
  { accountId, now, parked, accepted }: DiscoveryFacts,
): PlannedReading[] {
  const isAccepted = accepted.some(
    (reading) => reading.dimension === dimension && now.getTime() - reading.at.getTime() < acceptedMs,
  );
  if (isAccepted || parked.some((reading) => reading.dimension === dimension)) return [];
  const scope = { window: null, jobIds: null };
  return [{ accountId, dimension, scope, parts: [scope] }];
}

/** The reading of the counters of these jobs, without those that are parked. Pure. */
export function planCounters(
  jobIds: readonly number[],
  { accountId, isRefused, parked }: Pick<DiscoveryFacts, 'accountId' | 'isRefused' | 'parked'>,
): PlannedReading[] {
  const waiting = new Set(
    parked.flatMap((reading) => (reading.dimension === job.name ? (reading.jobIds ?? []) : [])),
  );
  const wanted = jobIds.filter((jobId) => !waiting.has(jobId));
  if (isRefused || wanted.length === 0) return [];
  const parts = [];
  for (let first = 0; first < wanted.length; first += jobIdsPerTask)
    parts.push({ window: null, jobIds: wanted.slice(first, first + jobIdsPerTask) });

  return [{ accountId, dimension: job.name, scope: { window: null, jobIds: wanted }, parts }];
}
