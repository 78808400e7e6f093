import { retentionType } from '../events/extract-details.ts';
import type { EventBounds } from '../columns/page-builder.ts';

/** Months of events that are kept, by event type; one that is not named keeps all. */
export type Retention = ReadonlyMap<string, number>;

/** Marketing Cloud's clock may run ahead of ours, and a date may be a little in the future; more is damage. */
const futureMsMax = 2 * 24 * 60 * 60 * 1000;

/** The instants between which events of a type are loaded. */
export function eventBounds(eventType: string, now: Date, retention: Retention): EventBounds {
  const from = keptFrom(eventType, now, retention);
  return {
    eventsFromMicros: from === undefined ? -Infinity : from.getTime() * 1000,
    eventsBeforeMicros: (now.getTime() + futureMsMax) * 1000,
  };
}

/** The first instant of which events are kept: whole months (UTC) besides the current one; undefined: all are kept. */
export function keptFrom(eventType: string, now: Date, retention: Retention): Date | undefined {
  const months = retention.get(retentionType(eventType));
  if (months === undefined) return undefined;
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months));
}
