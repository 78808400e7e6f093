import type { TailFacts, TailMark } from '../../store/tail/tail-facts.ts';
import type { TailJob } from '../../store/tail/tail-jobs.ts';

/** Marketing Cloud: how many values `IN` takes is not documented. */
const jobsPerList = 100;

/** Lists of jobs in a window, at most; jobs that were active longest ago are left to reading one by one. */
const listsMax = 50;

/** Above every old job that is known, else at the first young one; it never sinks, so that what is below it was always read. */
export function boundOf(jobs: readonly TailJob[], mark: TailMark | undefined): number | undefined {
  const lastOld = jobs.findLast(({ isYoung }) => !isYoung);
  const bounds = [mark?.belowJobId ?? undefined, lastOld === undefined ? jobs[0]?.jobId : lastOld.jobId + 1];
  const known = bounds.filter((bound) => bound !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/**
 * Where a window begins whose bound has risen: jobs that discovery does not know, between the old bound and the new one,
 * were above it before. They are as old as their neighbors, since JobIDs rise with time.
 */
export function passedFrom(
  jobs: readonly TailJob[],
  mark: TailMark | undefined,
  belowJobId: number | null,
  overlapMs: number,
): number {
  const before = mark?.belowJobId ?? Infinity;
  const passed = jobs.filter(({ jobId }) => jobId >= before && jobId < (belowJobId ?? Infinity));
  const starts = passed.flatMap(({ startAt }) => (startAt === null ? [] : [startAt.getTime() - overlapMs]));
  return starts.reduce((earliest, start) => Math.min(earliest, start), Infinity);
}

/** Old jobs that may have more events of the type, the youngest of them where there are too many. */
export function listOf({ jobs, completeJobs }: TailFacts, eventType: string): number[] {
  const complete = completeJobs.get(eventType);
  const old = jobs.flatMap(({ jobId, isYoung }) => (isYoung || complete?.has(jobId) === true ? [] : [jobId]));
  return old.slice(-listsMax * jobsPerList);
}

export function listsOf(jobIds: readonly number[]): number[][] {
  const lists: number[][] = [];
  for (let first = 0; first < jobIds.length; first += jobsPerList)
    lists.push(jobIds.slice(first, first + jobsPerList));
  return lists;
}

export function definitionsOf(jobs: readonly TailJob[]): string[] {
  const ids = jobs.flatMap(({ isYoung, triggeredSendId }) =>
    isYoung || triggeredSendId === null ? [] : [triggeredSendId],
  );
  return [...new Set(ids)];
}
