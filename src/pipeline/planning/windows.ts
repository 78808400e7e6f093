import type { TaskScope, Window } from '../../store/ledger/task-ledger.ts';

/** Marketing Cloud: send and engagement data are kept for 730 days. */
export const retentionMs = 730 * 24 * 60 * 60 * 1000;

/** The shortest window: EventDate filters have whole seconds. */
const windowMsMin = 1000;

/** A window in whole seconds; undefined where it would be empty or inverted. */
export function createWindow(fromMs: number, toMs: number): Window | undefined {
  const from = Math.floor(fromMs / windowMsMin) * windowMsMin;
  const to = Math.floor(toMs / windowMsMin) * windowMsMin;
  return from < to ? { from: new Date(from), to: new Date(to) } : undefined;
}

function windowMs(window: Window): number {
  return window.to.getTime() - window.from.getTime();
}

/** What is left of a window without the given spans, in order; spans may overlap each other. */
export function subtractSpans(window: Window, spans: readonly Window[]): Window[] {
  const parts: Window[] = [];
  let from = window.from.getTime();
  const end = window.to.getTime();
  for (const span of spans.toSorted((a, b) => a.from.getTime() - b.from.getTime())) {
    const part = createWindow(from, Math.min(span.from.getTime(), end));
    if (part !== undefined) parts.push(part);
    from = Math.max(from, span.to.getTime());
  }
  const rest = createWindow(from, end);
  if (rest !== undefined) parts.push(rest);
  return parts;
}

/** Both halves of what a task reads, by its window or by its jobs; undefined where that cannot be divided. */
export function halveScope(scope: TaskScope): [TaskScope, TaskScope] | undefined {
  const { window, jobIds } = scope;
  if (window !== null) {
    const middle = (window.from.getTime() + window.to.getTime()) / 2;
    const early = createWindow(window.from.getTime(), middle);
    const late = createWindow(middle, window.to.getTime());
    return early && late && [partOf(scope, early), partOf(scope, late)];
  }
  if (jobIds === null || jobIds.length < 2) return undefined;
  const middle = Math.ceil(jobIds.length / 2);
  return [
    { window, jobIds: jobIds.slice(0, middle) },
    { window, jobIds: jobIds.slice(middle) },
  ];
}

/** Cuts a window into parts of about the same length, none longer than `secondsMax`; they join without hole or overlap. */
export function cutEvenly(window: Window, secondsMax: number): Window[] {
  const seconds = Math.round(windowMs(window) / 1000);
  const count = Math.ceil(seconds / secondsMax);
  const boundAt = (part: number) => window.from.getTime() + Math.floor((seconds * part) / count) * 1000;
  return Array.from({ length: count }, (_, part) => ({
    from: new Date(boundAt(part)),
    to: new Date(boundAt(part + 1)),
  }));
}

/** The same objects in a part of the window. */
export function partOf({ jobIds, definitionId = null }: TaskScope, window: Window): TaskScope {
  return definitionId === null ? { window, jobIds } : { window, jobIds, definitionId };
}

/** The events expected before an instant (ms); monotonic. */
export type ExpectedBefore = (ms: number) => number;

/** The size of the parts of a window. */
export interface WindowSizing {
  /** Events expected in a part, at most. */
  readonly eventsMax: number;
  /** Parts that keep every slot of an account busy to the end; fewer where they would be smaller than `eventsMin`. */
  readonly partsWanted: number;
  /** Events in a part, at least: each part costs a request. */
  readonly eventsMin: number;
}

/**
 * Cuts a window by the events expected in it; the parts join without hole or overlap. A wrong expectation
 * costs requests, never events.
 */
export function cutWindow(window: Window, expectedBefore: ExpectedBefore, sizing: WindowSizing): Window[] {
  const start = window.from.getTime();
  const end = window.to.getTime();
  const expected = expectedBefore(end) - expectedBefore(start);
  const needed = Math.ceil(expected / sizing.eventsMax);
  const useful = Math.min(sizing.partsWanted, Math.floor(expected / sizing.eventsMin));
  const possible = Math.min(Math.floor(windowMs(window) / windowMsMin), partsMax);
  const count = Math.min(Math.max(needed, useful), possible);
  if (!(count > 1)) return [window];
  const parts: Window[] = [];
  let from = start;
  for (let index = 1; index <= count; index += 1) {
    const to = index === count ? end : instantOf(expectedBefore, start, end, (expected * index) / count);
    const part = createWindow(from, to);
    if (part === undefined) continue;
    parts.push(part);
    from = part.to.getTime();
  }
  return parts;
}

// One row of the ledger for each part: enough for a job of two billion events.
const partsMax = 4000;

/** Where `expectedBefore` has grown by `amount` since `start`; by bisection, to a second. */
function instantOf(expectedBefore: ExpectedBefore, start: number, end: number, amount: number): number {
  const target = expectedBefore(start) + amount;
  let low = start;
  let high = end;
  while (high - low > windowMsMin / 2) {
    const middle = (low + high) / 2;
    if (expectedBefore(middle) < target) low = middle;
    else high = middle;
  }
  return high;
}
