import type { JobSpec } from '../truth.ts';

/** What is kept of a generated event; the rest follows from the job, the type and the subscriber's number. */
export interface EventColumns {
  readonly occurredAt: Float64Array;
  readonly lateByMs: Float64Array;
  readonly subscriber: Int32Array;
  readonly batch: Int32Array;
  /** Which of the cases in `event-details.ts` it is: link, bounce, choice; empty for types that have none. */
  readonly detail: Uint8Array;
}

export interface GenerationFrame {
  readonly seed: number;
  readonly spec: JobSpec;
  /** First and last instant of the job's mails. */
  readonly startAt: number;
  readonly endAt: number;
  /** No generated event happens, or becomes available, after these. */
  readonly lastEventAt: number;
  readonly worldNow: number;
}

/** One event on its way into columns. */
export interface EventRow {
  readonly occurredAt: number;
  readonly subscriber: number;
  readonly batch: number;
  readonly detail: number;
}

const dayMs = 24 * 3_600_000;

export function allocate(count: number, hasDetail: boolean): EventColumns {
  return {
    occurredAt: new Float64Array(count),
    lateByMs: new Float64Array(count),
    subscriber: new Int32Array(count),
    batch: new Int32Array(count),
    detail: new Uint8Array(hasDetail ? count : 0),
  };
}

/** Rows in order of time as columns, on ticks of the clock; events after the job's last instant are left out. */
export function columnsOf(rows: readonly EventRow[], frame: GenerationFrame): EventColumns {
  const kept = rows
    .filter(({ occurredAt }) => occurredAt <= frame.lastEventAt)
    .sort((left, right) => left.occurredAt - right.occurredAt);
  const columns = allocate(kept.length, true);
  kept.forEach(({ occurredAt, subscriber, batch, detail }, at) => {
    columns.occurredAt[at] = toTick(occurredAt);
    columns.subscriber[at] = subscriber;
    columns.batch[at] = batch;
    columns.detail[at] = detail;
  });
  return columns;
}

/** Gives each event its own tick after the one before it, except where it is to share that one's instant. */
export function separate(occurredAt: Float64Array, shares: (at: number) => boolean): void {
  let before = -Infinity;
  for (let at = 0; at < occurredAt.length; at += 1) {
    let instant = toTick(occurredAt[at] ?? 0);
    if (instant <= before) instant = nextTick(before);
    if (at > 0 && shares(at)) instant = before;
    occurredAt[at] = instant;
    before = instant;
  }
}

/** Everything is a little late, one event in 200 by hours; none later than the world's now unless the job says so. */
export function setLateness(frame: GenerationFrame, columns: EventColumns, random: () => number): void {
  const { late } = frame.spec;
  for (let at = 0; at < columns.occurredAt.length; at += 1) {
    const lagMs = at % 200 === 17 ? random() * 0.25 * dayMs : random() * 300_000;
    const roomMs = Math.max(0, frame.worldNow - (columns.occurredAt[at] ?? 0));
    columns.lateByMs[at] =
      late !== undefined && random() < late.share ? late.byMs : Math.floor(Math.min(lagMs, roomMs));
  }
}

// Marketing Cloud: EventDate is a SQL Server datetime, whose ticks end in 0, 3 or 7 ms.
export function toTick(instantMs: number): number {
  const tens = Math.floor(instantMs / 10) * 10;
  const rest = instantMs - tens;
  return tens + (rest < 3 ? 0 : rest < 7 ? 3 : 7);
}

function nextTick(tick: number): number {
  return tick + (tick % 10 === 3 ? 4 : 3);
}
