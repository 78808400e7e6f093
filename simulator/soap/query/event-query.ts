import type { EventSet } from '../../world/event-sets.ts';
import { type Cell, type CompiledFilter, compileFilter, type Condition } from './filters.ts';
import { propertiesOf } from '../objects.ts';
import { eventGetter } from '../event-record.ts';
import { byDate, shuffle } from './page-order.ts';
import { compileRecord } from '../records.ts';
import type { RetrieveRequest } from '../requests.ts';
import {
  objectTypeOfEvent,
  type SimulatedEventType,
  simulatedEventTypes,
  type TruthEvent,
} from '../../world/truth.ts';
import type { World } from '../../world/world.ts';
import type { BatchMarks } from './batch-marks.ts';

/** What the first request of a Retrieve found; later pages read from the same finding. */
export interface ResultSet {
  readonly size: number;
  /** The `Results` element at that place of the response. */
  render(place: number): string;
  readonly jobId?: number;
  readonly windowMs?: number;
  /** What its filter names. */
  readonly by?: FilterKind;
  /** Called when a page of it is sent. */
  readonly onServed?: () => void;
}

/** What a filter of events names: a job, a list of jobs, jobs below one, a triggered send, or nothing but dates. */
export type FilterKind = 'job' | 'jobs' | 'below' | 'definition' | 'date';

export interface QueryContext {
  readonly world: World;
  readonly accountIds: readonly number[];
  readonly nowMs: number;
  readonly isBetweenInclusive: boolean;
  readonly pageOrder: 'random' | 'date';
  readonly seed: number;
  readonly batchMarks: BatchMarks;
  /** Whether Tracking Extracts are enabled. */
  readonly hasExtracts: boolean;
}

interface Slice {
  readonly set: EventSet;
  readonly start: number;
  readonly size: number;
  /** Positions in the set, where not every one of the slice counts. */
  readonly positions?: Uint32Array;
}

// Finer than any event time: turns "after" into "at or after".
const justAfterMs = 0.001;

export function eventTypeOf(objectType: string): SimulatedEventType | undefined {
  return simulatedEventTypes.find((type) => objectTypeOfEvent[type] === objectType);
}

/**
 * Finds the events that a request may see: its accounts', matching its filter, already available.
 *
 * Marketing Cloud: the order is none; here a fixed shuffle per request, so that no client can rely on dates.
 */
export function queryEvents(
  request: RetrieveRequest,
  type: SimulatedEventType,
  context: QueryContext,
): ResultSet {
  const properties = propertiesOf(request.objectType) ?? [];
  const render = compileRecord(request.objectType, request.properties, (name) => eventGetter(name, type));
  const filter = compileFilter(request.filter, properties, context.isBetweenInclusive);
  const jobIds = jobIdsOf(filter.required);
  const { fromMs, beforeMs } = boundsOf(filter.required, context.isBetweenInclusive);
  const mark = request.isSinceLastBatch ? context.batchMarks.of(request, context) : undefined;
  const arrived = { sinceMs: mark?.sinceMs ?? -Infinity, nowMs: context.nowMs };
  const slices = context.accountIds
    .flatMap((accountId) =>
      (jobIds ?? [undefined]).flatMap((jobId) => [...context.world.sets(type, accountId, jobId)]),
    )
    .map((set) => sliceOf(set, fromMs, beforeMs, filter, arrived))
    .filter((slice) => slice.size > 0);
  const size = slices.reduce((sum, slice) => sum + slice.size, 0);
  const eventAt = eventReader(slices);
  const placeOf =
    context.pageOrder === 'date'
      ? byDate(size, (place) => eventAt(place).occurredAt)
      : shuffle(size, context.seed);
  return {
    size,
    render: (place) => render(eventAt(placeOf(place))),
    ...(jobIds?.length === 1 && jobIds[0] !== undefined ? { jobId: jobIds[0] } : {}),
    ...(Number.isFinite(beforeMs - fromMs) ? { windowMs: beforeMs - fromMs } : {}),
    by: kindOf(filter.required),
    ...(mark === undefined ? {} : { onServed: mark.move }),
  };
}

function kindOf(required: readonly Condition[]): FilterKind {
  const operatorOf = (property: string): string | undefined =>
    required.find((condition) => condition.property === property)?.operator;
  const operator = operatorOf('SendID');
  if (operator !== undefined) return operator === 'equals' ? 'job' : operator === 'IN' ? 'jobs' : 'below';
  return operatorOf('TriggeredSendDefinitionObjectID') === undefined ? 'date' : 'definition';
}

function jobIdsOf(required: readonly Condition[]): number[] | undefined {
  const condition = required.find(
    ({ property, operator }) => property === 'SendID' && (operator === 'equals' || operator === 'IN'),
  );
  return condition?.values.map(Number);
}

function boundsOf(
  required: readonly Condition[],
  isInclusive: boolean,
): { fromMs: number; beforeMs: number } {
  let fromMs = -Infinity;
  let beforeMs = Infinity;
  for (const { property, operator, values } of required) {
    if (property !== 'EventDate') continue;
    const [first = 0, second = 0] = values.map(Number);
    const isFrom = operator.startsWith('greaterThan') || operator === 'between' || operator === 'equals';
    const isTo = operator.startsWith('lessThan') || operator === 'between' || operator === 'equals';
    const isOpen =
      operator === 'greaterThan' || operator === 'lessThan' || (operator === 'between' && !isInclusive);
    if (isFrom) fromMs = Math.max(fromMs, isOpen ? first + justAfterMs : first);
    const last = operator === 'between' ? second : first;
    if (isTo) beforeMs = Math.min(beforeMs, isOpen ? last : last + justAfterMs);
  }
  return { fromMs, beforeMs };
}

function sliceOf(
  set: EventSet,
  fromMs: number,
  beforeMs: number,
  filter: CompiledFilter,
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): Slice {
  const start = set.firstFrom(fromMs);
  const end = Math.max(start, set.firstFrom(beforeMs));
  const isExact = filter.isConjunction && filter.required.every(isCoveredBySlice);
  if (isExact && set.completeAt <= nowMs && sinceMs === -Infinity) return { set, start, size: end - start };
  const positions: number[] = [];
  for (let index = start; index < end; index += 1) {
    const availableAt = set.availableAt(index);
    if (availableAt > nowMs || availableAt <= sinceMs) continue;
    if (!isExact && !filter.matches(cellsOf(set.event(index)))) continue;
    positions.push(index);
  }
  return { set, start: 0, size: positions.length, positions: Uint32Array.from(positions) };
}

function isCoveredBySlice({ property, operator }: Condition): boolean {
  if (property === 'SendID') return operator === 'equals' || operator === 'IN';
  return property === 'EventDate' && /^(greaterThan|lessThan)(OrEqual)?$|^(between|equals)$/.test(operator);
}

function cellsOf(event: TruthEvent): (property: string) => Cell {
  const cells = new Map<string, Cell>([
    ['SendID', event.jobId],
    ['SubscriberKey', event.subscriberKey],
    ['EventDate', event.occurredAt],
    ['TriggeredSendDefinitionObjectID', event.triggeredSendId],
    ['URLID', event.urlId],
    ['URL', event.url],
  ]);
  return (property) => cells.get(property) ?? null;
}

function eventReader(slices: readonly Slice[]): (place: number) => TruthEvent {
  const starts: number[] = [];
  let total = 0;
  for (const slice of slices) {
    starts.push(total);
    total += slice.size;
  }
  return (place) => {
    let at = starts.length - 1;
    if (at > 8) {
      at = 0;
      for (let high = starts.length - 1; at < high;) {
        const middle = (at + high + 1) >>> 1;
        if ((starts[middle] ?? 0) <= place) at = middle;
        else high = middle - 1;
      }
    } else {
      while (at > 0 && (starts[at] ?? 0) > place) at -= 1;
    }
    const slice = slices[at];
    if (slice === undefined) throw new RangeError(`no event at ${place}`);
    const inside = place - (starts[at] ?? 0);
    return slice.set.event(slice.positions?.[inside] ?? slice.start + inside);
  };
}
