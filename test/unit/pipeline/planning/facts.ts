import { click } from '../../../../src/events/click.ts';
import { open } from '../../../../src/events/open.ts';
import { sent } from '../../../../src/events/sent.ts';
import type { PlanSettings } from '../../../../src/pipeline/planning/plan-tasks.ts';
import type {
  CheckpointFacts,
  JobFacts,
  LedgerFacts,
  PlanFacts,
} from '../../../../src/store/planning/plan-facts.ts';
import { dayMs, minuteMs } from '../../../support/clock.ts';

export const definitions = [sent, open, click];
export const now = new Date('2026-07-01T12:00:00Z');

/** An instant that many days before `now`. */
export function daysAgo(days: number): Date {
  return new Date(now.getTime() - days * dayMs);
}

/** Facts of a job; `lastEventAt` after its send is when it was last active. */
export interface JobChanges extends Partial<JobFacts> {
  readonly lastEventAt?: Date;
}

/** A list send of two days ago whose counters were just read; 1000 mails. */
export function jobFacts({ lastEventAt, ...changes }: JobChanges = {}): JobFacts {
  const dates = { createdAt: daysAgo(2.1), scheduledAt: daysAgo(2), sentAt: daysAgo(1.9), ...changes };
  const sentAt = dates.sentAt ?? dates.scheduledAt ?? dates.createdAt ?? daysAgo(1.8);
  return {
    accountId: 1,
    jobId: 42,
    activeAt: lastEventAt !== undefined && lastEventAt > sentAt ? lastEventAt : sentAt,
    isKeptOpen: false,
    status: 'Complete',
    isTriggered: false,
    numberSent: 1000,
    countersAt: now,
    ...dates,
  };
}

/** A checkpoint of last night that covers the job from its beginning. */
export function checkpointFacts(changes: Partial<CheckpointFacts> = {}): CheckpointFacts {
  return {
    eventType: 'open',
    state: 'open',
    coveredFrom: daysAgo(3.1),
    coveredTo: daysAgo(1),
    fullReadAt: daysAgo(1),
    deficitFoundAt: null,
    askedAt: daysAgo(1),
    lastRecords: 0,
    lastWindowSeconds: 0,
    eventsLoaded: null,
    ...changes,
  };
}

export function planFacts(
  job: JobChanges = {},
  checkpoints: readonly CheckpointFacts[] = [],
  ledger: readonly LedgerFacts[] = [],
): PlanFacts {
  return { job: jobFacts(job), checkpoints, ledger };
}

export function planSettings(changes: Partial<PlanSettings> = {}): PlanSettings {
  return {
    now,
    lookbackMs: 30 * dayMs,
    settlingMs: 15 * minuteMs,
    overlapMs: (definition) => definition.overlapMinutes * minuteMs,
    sizing: { eventsMax: 500_000, eventsMin: 500_000, partsWanted: 1 },
    isForced: false,
    ...changes,
  };
}
