import type { EventDefinition } from '../../events/define-event.ts';
import { readClockOffset } from '../../store/accounts.ts';
import { inTransaction } from '../../store/connection/pool.ts';
import { enterArrivals, enterPlan, enterTails } from '../../store/planning/plan-ledger.ts';
import { findDueArrivals } from '../../store/tail/arrivals.ts';
import { giveUpLeftTails } from '../../store/tail/give-up-tails.ts';
import { forgetTails } from '../../store/tail/switch-off.ts';
import { pickSample } from '../../store/tail/sample.ts';
import { readTailFacts } from '../../store/tail/tail-facts.ts';
import { byServerClock, type PlanDeps, type PlanTarget, withoutUnavailable } from '../planning/plan-run.ts';
import { type TailCover, youngMs } from '../planning/tail-cover.ts';
import { retentionMs } from '../planning/windows.ts';
import { planTails, type TailSettings } from './plan-tails.ts';

export interface TailRunPlan {
  /** Tasks planned. */
  readonly tasks: number;
  readonly covers: ReadonlyMap<string, TailCover>;
  /** By which rung each event type is read, as one text: where it changes, other jobs need a reading of their own. */
  readonly rungs: string;
}

/** What the tail of an account is where it is not read by date. */
export const noTail: TailRunPlan = { tasks: 0, covers: new Map(), rungs: '' };

/** Before a sync adopts open tasks: windows of the tail that it will plan anew, or that are not to be read any more. */
export function settleLeftTails(
  { accountId, definitions, jobIds }: PlanTarget,
  readsTail: boolean,
  { pool }: PlanDeps,
): Promise<void> {
  if (jobIds !== undefined) return Promise.resolve();
  const eventTypes = definitions.map(({ name }) => name);
  return inTransaction(pool, async (tx) => {
    await giveUpLeftTails(tx, { accountId, eventTypes, which: readsTail ? 'parked' : 'all' });
    if (!readsTail) await forgetTails(tx, accountId, eventTypes);
  });
}

/** Plans the windows of the tail that a sync has to read for one account. */
export async function planTailOfAccount(
  requested: PlanTarget,
  given: TailSettings,
  { pool, queue }: PlanDeps,
): Promise<TailRunPlan> {
  const { runId, accountId, definitions } = await withoutUnavailable(requested, pool);
  const settings = byServerClock(given, await readClockOffset(pool, accountId));
  const { now } = settings;
  const facts = await readTailFacts(pool, {
    accountId,
    eventTypes: definitions.map(({ name }) => name),
    youngSince: new Date(now.getTime() - youngMs),
    retainedSince: new Date(now.getTime() - retentionMs),
  });
  const { windows, covers, rungs } = planTails(facts, definitions, settings);
  const jobByJob = facts.marks.flatMap(({ eventType }) => (covers.has(eventType) ? [] : [eventType]));
  const tasks = await inTransaction(pool, async (tx) => {
    if (jobByJob.length > 0) await forgetTails(tx, accountId, jobByJob);
    return enterTails(tx, queue, runId, windows);
  });
  return { tasks, covers, rungs };
}

/**
 * Plans, once a week, the reading of a sample of old jobs by their JobID, over the window that the tail has just read
 * by date. Returns the number of tasks queued.
 */
export function planTailCheck(
  { runId, accountId, definitions }: PlanTarget,
  now: Date,
  { pool, queue }: PlanDeps,
): Promise<number> {
  const eventTypes = definitions.map(({ name }: EventDefinition) => name);
  return inTransaction(pool, async (tx) => {
    const windows = await pickSample(tx, { accountId, eventTypes, readSince: now });
    return enterPlan(tx, queue, runId, windows);
  });
}

/** Requests what has arrived since the last request, once in a run. Returns the number of tasks queued. */
export async function planArrivals(
  requested: PlanTarget,
  now: Date,
  { pool, queue }: PlanDeps,
): Promise<number> {
  const { runId, accountId, definitions } = await withoutUnavailable(requested, pool);
  const eventTypes = definitions.map(({ name }) => name);
  return inTransaction(pool, async (tx) => {
    const due = await findDueArrivals(tx, accountId, eventTypes, now);
    return enterArrivals(tx, queue, runId, { accountId, eventTypes: due });
  });
}
