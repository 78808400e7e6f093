import { findEventDefinition } from '../../../events/catalog.ts';
import type { EventTypeStatus } from './event-types.ts';

/** The first sentence of a report as data: complete up to an instant, but for holes. */
export interface Completeness {
  /** Every event before this instant is in, but for the holes; null while anything was never read to an end. */
  readonly completeTo: Date | null;
  /** Parked spans before it. */
  readonly holes: number;
  readonly accountIds: readonly number[];
  readonly eventTypes: readonly string[];
  /** What keeps `completeTo` null. */
  readonly incomplete: readonly { readonly accountId: number; readonly eventType: string }[];
}

/** Sums up the event types of all accounts; those that nothing was planned for say nothing. */
export function summarizeCompleteness(rows: readonly EventTypeStatus[]): Completeness {
  const planned = rows.filter(isPlanned);
  const instants = planned.flatMap(({ completeTo }) => (completeTo === null ? [] : [completeTo.getTime()]));
  const incomplete = planned
    .filter(({ completeTo }) => completeTo === null)
    .map(({ accountId, eventType }) => ({ accountId, eventType }));
  return {
    completeTo: incomplete.length === 0 && instants.length > 0 ? new Date(Math.min(...instants)) : null,
    holes: planned.reduce((sum, { holes }) => sum + holes, 0),
    accountIds: [...new Set(planned.map(({ accountId }) => accountId))],
    eventTypes: [...new Set(planned.map(({ eventType }) => eventType))],
    incomplete,
  };
}

/** Records of dimensions may be rejected as well; they have a row, but nothing to be complete. */
function isPlanned({ eventType, checkpoints, openTasks, holes }: EventTypeStatus): boolean {
  const { open, complete, closed } = checkpoints;
  return findEventDefinition(eventType) !== undefined && open + complete + closed + openTasks + holes > 0;
}
