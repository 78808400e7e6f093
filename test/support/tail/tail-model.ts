import type { EventDefinition } from '../../../src/events/define-event.ts';
import { WidthSearch } from '../../../src/pipeline/extraction/narrowing/workable-width.ts';
import { planJob } from '../../../src/pipeline/planning/plan-tasks.ts';
import { cutEvenly } from '../../../src/pipeline/planning/windows.ts';
import { partsMax, planTails, type TailSettings } from '../../../src/pipeline/tail/plan-tails.ts';
import type { PlannedTail, PlannedWindow } from '../../../src/store/planning/plan-ledger.ts';
import type { CheckpointFacts, JobFacts } from '../../../src/store/planning/plan-facts.ts';
import type { TailRung, Window } from '../../../src/store/ledger/task-ledger.ts';
import type { RungFailure, TailFacts, TailMark } from '../../../src/store/tail/tail-facts.ts';
import { dayMs, minuteMs } from '../clock.ts';
import { firstFrom, type ModelJob, rungOf, secondsOf } from './model-events.ts';

export interface ModelOptions {
  readonly jobs: readonly ModelJob[];
  readonly definitions: readonly EventDefinition[];
  readonly pageSize: number;
  /** Whether a window of that many seconds times out on the rung. */
  readonly timesOut: (rung: TailRung, seconds: number) => boolean;
}

export interface NightOptions {
  readonly readsTail: boolean;
  /** Tasks that do not get to their end in this night. */
  readonly fails?: (kind: 'tail' | 'events', eventType: string, jobId: number | null) => boolean;
}

interface Loaded {
  readonly at: Float64Array;
}

type Mark = CheckpointFacts & { jobId: number; tailFrom: Date | null };

const settlingMs = 15 * minuteMs;
const widthDays = 7;

/**
 * The nights of an account without a database and without a source: windows are those of the planner, a window that is
 * read loads what is in it, and marks move by the rules of `finish-tail.ts` and `finish-statement.ts`.
 */
export class TailModel {
  readonly #options: ModelOptions;
  readonly #byId: ReadonlyMap<number, ModelJob>;
  readonly #loaded = new Map<string, Loaded>();
  readonly #checkpoints = new Map<string, Mark>();
  readonly #known = new Map<number, { lastEventAt: number | null; firstSeenAt: number }>();
  readonly #marks = new Map<string, TailMark>();
  readonly #failures: RungFailure[] = [];
  readonly #widths = new Map<string, { worksSeconds: number; foundAt: number }>();
  /** Windows of single jobs that are open while the tail is read. */
  #open: ReadonlySet<string> = new Set();
  requests = 0;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.#byId = new Map(options.jobs.map((job) => [job.jobId, job]));
    for (const job of options.jobs) {
      for (const [eventType, events] of job.events)
        this.#loaded.set(key(job.jobId, eventType), { at: new Float64Array(events.length).fill(NaN) });
    }
  }

  /** One sync at that instant. Returns its requests. */
  night(nowMs: number, { readsTail, fails = () => false }: NightOptions): number {
    const before = this.requests;
    this.#discover(nowMs);
    if (!readsTail) this.#marks.clear();
    const done = new Set<string>();
    for (let round = 0; round < 7; round += 1) {
      const tail = readsTail ? this.#planTail(nowMs) : { windows: [], covers: new Map() };
      const windows = tail.windows.filter((window) => !done.has(`tail ${window.eventType} ${window.rung}`));
      const planned = this.#planJobs(nowMs, tail.covers).filter((window) => !done.has(nameOf(window)));
      this.#open = new Set(planned.map(({ jobId, eventType }) => key(jobId, eventType)));
      for (const window of windows) {
        done.add(`tail ${window.eventType} ${window.rung}`);
        if (!fails('tail', window.eventType, null)) this.#readTail(window, nowMs);
      }
      for (const window of planned) {
        done.add(nameOf(window));
        if (!fails('events', window.eventType, window.jobId)) this.#readJob(window, nowMs);
      }
      if (windows.length + planned.length === 0) break;
    }
    this.#describe(nowMs);
    return this.requests - before;
  }

  /** Events that are marked as read and are not loaded. */
  lost(): string[] {
    const lost: string[] = [];
    for (const { jobId, eventType, coveredFrom, coveredTo } of this.#checkpoints.values()) {
      if (coveredFrom === null || coveredTo === null) continue;
      const job = this.#byId.get(jobId);
      const events = job?.events.get(eventType) ?? new Float64Array();
      const { at } = this.#loadedOf(jobId, eventType);
      for (let index = firstFrom(events, coveredFrom.getTime()); index < events.length; index += 1) {
        if ((events[index] ?? 0) >= coveredTo.getTime()) break;
        if (Number.isNaN(at[index]))
          lost.push(`${eventType} of job ${jobId} at ${new Date(events[index] ?? 0).toISOString()}`);
      }
    }
    return lost;
  }

  /** How long after it happened each event was loaded, in ms; infinite where it was not. */
  *delays(fromMs: number, toMs: number): Generator<number> {
    for (const job of this.#options.jobs) {
      for (const [eventType, events] of job.events) {
        const { at } = this.#loadedOf(job.jobId, eventType);
        for (let index = firstFrom(events, fromMs); index < events.length; index += 1) {
          const occurredAt = events[index] ?? 0;
          if (occurredAt >= toMs) break;
          const loadedAt = at[index] ?? NaN;
          yield Number.isNaN(loadedAt) ? Infinity : loadedAt - occurredAt;
        }
      }
    }
  }

  rungs(): Record<string, number> {
    return Object.fromEntries([...this.#marks].map(([eventType, { rung }]) => [eventType, rung]));
  }

  #discover(nowMs: number): void {
    this.requests += 2;
    for (const job of this.#options.jobs) {
      if (job.sentAt <= nowMs && job.isUnknown !== true && !this.#known.has(job.jobId))
        this.#known.set(job.jobId, { lastEventAt: null, firstSeenAt: nowMs });
    }
  }

  /** Counters of active jobs, links and lists of those that had events, summaries of triggered sends. */
  #describe(nowMs: number): void {
    const active = [...this.#known.values()].filter(
      ({ lastEventAt }) => nowMs - (lastEventAt ?? 0) < 7 * dayMs,
    );
    const moved = [...this.#known.values()].filter(({ lastEventAt }) => nowMs - (lastEventAt ?? 0) < dayMs);
    this.requests += Math.ceil(active.length / 100) + 2 * Math.ceil(moved.length / 100) + 1;
  }

  #planTail(nowMs: number) {
    return planTails(this.#tailFacts(nowMs), this.#options.definitions, this.#settings(nowMs));
  }

  #settings(nowMs: number): TailSettings {
    const { pageSize } = this.#options;
    return {
      ...{ now: new Date(nowMs), settlingMs, pageSize },
      overlapMs: ({ overlapMinutes }) => overlapMinutes * minuteMs,
      sizing: { eventsMax: 200 * pageSize, eventsMin: 25 * pageSize, partsWanted: 1 },
    };
  }

  #tailFacts(nowMs: number): TailFacts {
    const jobs = this.#knownJobs();
    const rates = new Map<string, number>();
    for (const { eventType, jobId, lastRecords, lastWindowSeconds } of this.#checkpoints.values()) {
      if (lastWindowSeconds > 0 && this.#isYoung(jobId, nowMs))
        rates.set(eventType, (rates.get(eventType) ?? 0) + lastRecords / lastWindowSeconds);
    }

    return {
      ...{
        accountId: 1,
        offAt: null,
        checkedAt: null,
        dateFilterWorks: null,
        listFilterWorks: null,
        open: [],
      },
      marks: [...this.#marks.values()],
      failures: this.#failures,
      widths: [...this.#widths].flatMap(([name, { worksSeconds, foundAt }]) => {
        const [rung = '', eventType = ''] = name.split(' ');
        return nowMs - foundAt < widthDays * dayMs
          ? [{ eventType, rung: rungOf(Number(rung)), worksSeconds }]
          : [];
      }),
      youngRates: rates,
      jobs: jobs.map((job) => ({
        jobId: job.jobId,
        startAt: job.isUnknown === true ? null : new Date(job.sentAt),
        isYoung: this.#isYoung(job.jobId, nowMs),
        triggeredSendId: job.isTriggered ? 'one' : null,
        numberSent: 0,
      })),
      completeJobs: new Map(),
    };
  }

  #knownJobs(): ModelJob[] {
    return this.#options.jobs.filter(({ jobId }) => this.#known.has(jobId));
  }

  readonly #busy = new Map<number, { atMs: number; is: boolean }>();

  #isYoung(jobId: number, nowMs: number): boolean {
    const kept = this.#busy.get(jobId);
    if (kept?.atMs === nowMs) return kept.is;
    const job = this.#byId.get(jobId);
    const is =
      job !== undefined &&
      ((job.isUnknown !== true && nowMs - job.sentAt <= 7 * dayMs) || this.#isBusy(job, nowMs));
    this.#busy.set(jobId, { atMs: nowMs, is });
    return is;
  }

  #isBusy({ jobId, events }: ModelJob, nowMs: number): boolean {
    const lastEventAt = this.#known.get(jobId)?.lastEventAt ?? 0;
    if (nowMs - lastEventAt > 7 * dayMs) return false;
    let count = 0;
    for (const instants of events.values())
      count += firstFrom(instants, nowMs) - firstFrom(instants, nowMs - 7 * dayMs);
    return count > 2500;
  }

  #planJobs(nowMs: number, tails: ReturnType<typeof planTails>['covers']): PlannedWindow[] {
    const settings = { ...this.#settings(nowMs), lookbackMs: 30 * dayMs, isForced: false, tails };
    return this.#knownJobs().flatMap((job) => {
      const checkpoints = this.#options.definitions.flatMap(
        ({ name }) => this.#checkpoints.get(key(job.jobId, name)) ?? [],
      );
      const facts = { job: this.#jobFacts(job, nowMs), checkpoints, ledger: [] };
      const plans = planJob(facts, this.#options.definitions, settings);
      for (const { eventType, state } of plans) {
        const mark = this.#checkpoints.get(key(job.jobId, eventType));
        if (mark !== undefined && state !== undefined) Object.assign(mark, { state });
      }
      return plans.flatMap(({ windows }) => windows);
    });
  }

  #jobFacts({ jobId, sentAt, isTriggered, isUnknown }: ModelJob, nowMs: number): JobFacts {
    const known = this.#known.get(jobId);
    const date = isUnknown === true ? null : new Date(sentAt);
    const activeMs = Math.max(
      isUnknown === true ? (known?.firstSeenAt ?? 0) : sentAt,
      known?.lastEventAt ?? 0,
    );
    return {
      ...{
        accountId: 1,
        jobId,
        createdAt: date,
        scheduledAt: date,
        sentAt: date,
        status: 'Complete',
        isTriggered,
      },
      ...{ numberSent: null, countersAt: null, activeAt: new Date(activeMs), isKeptOpen: false },
      ...{ isYoung: this.#isYoung(jobId, nowMs), triggeredSendId: isTriggered ? 'one' : null },
    };
  }

  #readTail(planned: PlannedTail, nowMs: number): void {
    const { eventType, rung, parts } = planned;
    const { timesOut } = this.#options;
    const windows = parts.flatMap((part) => (part.window === null ? [] : [{ ...part, window: part.window }]));
    for (const part of windows) {
      const width = secondsOf(part.window);
      if (timesOut(rung, width) && !this.#narrow(planned, part.window, nowMs)) {
        this.#failures.push({ eventType, rung, failedAt: new Date(nowMs) });
        return;
      }
      const works = this.#widths.get(`${rung} ${eventType}`)?.worksSeconds ?? width;
      for (const window of timesOut(rung, width) ? cutEvenly(part.window, works) : [part.window])
        this.#readPart(planned, part.jobIds, window, nowMs);
    }
    this.#completeTail(planned, nowMs);
  }

  /** True where a width was found that is not too dear. */
  #narrow({ eventType, rung }: PlannedTail, window: Window, nowMs: number): boolean {
    this.requests += 1;
    const search = new WidthSearch(secondsOf(window));
    for (let width = search.next(); width !== undefined; width = search.next()) {
      this.requests += 1;
      search.note(width, this.#options.timesOut(rung, width));
    }
    const { works } = search.bounds;
    if (works === undefined || secondsOf(window) > works * partsMax) return false;
    this.#widths.set(`${rung} ${eventType}`, { worksSeconds: works, foundAt: nowMs });
    return true;
  }

  #readPart(
    { eventType, rung, belowJobId }: PlannedTail,
    jobIds: readonly number[] | null,
    window: Window,
    nowMs: number,
  ): void {
    const list = jobIds === null ? undefined : new Set(jobIds);
    const inScope = (job: ModelJob): boolean =>
      rung === 1
        ? job.jobId < (belowJobId ?? 0)
        : rung === 2 || (rung === 3 ? list?.has(job.jobId) === true : job.isTriggered);
    let records = 0;
    for (const job of this.#options.jobs)
      if (job.sentAt <= nowMs && inScope(job)) records += this.#load(job, eventType, window, nowMs);
    this.requests += Math.max(1, Math.ceil(records / this.#options.pageSize));
  }

  #completeTail({ eventType, rung, belowJobId, scope }: PlannedTail, nowMs: number): void {
    if (scope.window === null) return;
    const { from, to } = scope.window;
    this.#marks.set(eventType, {
      ...{ eventType, rung, belowJobId, windowFrom: from, coveredTo: to, completedAt: new Date(nowMs) },
      ...{ lastRecords: 0, lastWindowSeconds: 0 },
    });
    const list = scope.jobIds === null ? undefined : new Set(scope.jobIds);
    for (const mark of this.#checkpoints.values()) {
      if (mark.eventType !== eventType || mark.coveredTo === null) continue;
      const job = this.#byId.get(mark.jobId);
      const isCovered =
        rung === 1
          ? mark.jobId < (belowJobId ?? 0)
          : rung === 2 || (rung === 3 ? list?.has(mark.jobId) === true : job?.isTriggered === true);
      if (this.#open.has(key(mark.jobId, eventType))) continue;
      if (mark.state === 'open' && this.#isYoung(mark.jobId, nowMs)) continue;
      if (!isCovered || mark.coveredTo < from || mark.coveredTo >= to) continue;
      Object.assign(mark, {
        tailFrom: mark.tailFrom ?? mark.coveredTo,
        coveredTo: to,
        askedAt: new Date(nowMs),
      });
    }
  }

  #readJob({ jobId, eventType, origin, window, parts, isFullRead }: PlannedWindow, nowMs: number): void {
    const job = this.#byId.get(jobId);
    if (job === undefined) return;
    let records = 0;
    for (const part of parts) {
      const found = this.#load(job, eventType, part, nowMs);
      this.requests += Math.max(1, Math.ceil(found / this.#options.pageSize));
      records += found;
    }
    const known = this.#checkpoints.get(key(jobId, eventType));
    const mark: Mark = known ?? {
      ...{
        jobId,
        eventType,
        state: 'open',
        coveredFrom: null,
        coveredTo: null,
        fullReadAt: null,
        askedAt: null,
      },
      ...{ deficitFoundAt: null, lastRecords: 0, lastWindowSeconds: 0, eventsLoaded: null, tailFrom: null },
    };
    const { from, to } = window;
    const now = new Date(nowMs);
    if (origin === 'sync') {
      const isBehind = mark.coveredTo !== null && to < mark.coveredTo;
      Object.assign(mark, {
        tailFrom: mark.tailFrom !== null && from <= mark.tailFrom ? (isBehind ? to : null) : mark.tailFrom,
        coveredFrom: mark.coveredFrom === null || from < mark.coveredFrom ? from : mark.coveredFrom,
        coveredTo: isBehind ? mark.coveredTo : to,
        askedAt: now,
        ...{ lastRecords: records, lastWindowSeconds: secondsOf(window) },
      });
    }
    if (isFullRead) Object.assign(mark, { fullReadAt: now });
    this.#checkpoints.set(key(jobId, eventType), mark);
  }

  #load({ jobId, events }: ModelJob, eventType: string, { from, to }: Window, nowMs: number): number {
    const instants = events.get(eventType);
    if (instants === undefined) return 0;
    const { at } = this.#loadedOf(jobId, eventType);
    let records = 0;
    for (let index = firstFrom(instants, from.getTime()); index < instants.length; index += 1) {
      const occurredAt = instants[index] ?? 0;
      if (occurredAt >= to.getTime()) break;
      records += 1;
      if (Number.isNaN(at[index])) at[index] = nowMs;
      const known = this.#known.get(jobId) ?? { lastEventAt: null, firstSeenAt: nowMs };
      known.lastEventAt = Math.max(known.lastEventAt ?? 0, occurredAt);
      this.#known.set(jobId, known);
    }
    return records;
  }

  #loadedOf(jobId: number, eventType: string): Loaded {
    return this.#loaded.get(key(jobId, eventType)) ?? { at: new Float64Array() };
  }
}

function key(jobId: number, eventType: string): string {
  return `${jobId} ${eventType}`;
}

function nameOf({ jobId, eventType, origin, window }: PlannedWindow): string {
  return `${origin} ${jobId} ${eventType} ${window.from.getTime()} ${window.to.getTime()}`;
}
