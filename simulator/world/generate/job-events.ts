import { createGeneratedEvents, type EventSet, type GeneratedEventsOptions } from '../event-sets.ts';
import { generateBounces } from './bounces.ts';
import type { EventColumns, GenerationFrame } from './columns.ts';
import { generateMachines, type MachineEvents } from './machines.ts';
import { generateReactions, generateSent } from './mails-and-reactions.ts';
import { generateNotSent } from './not-sent.ts';
import { generateResponses } from './responses.ts';
import type { Retention } from './retention.ts';
import type { JobTruth, SimulatedEventType } from '../truth.ts';

/**
 * The generated events of one job by type, made when they are requested: an account of a hundred jobs costs nothing
 * until then, and a world of any size no more than `retention` allows. What was forgotten is made again, the same.
 */
export type JobEvents = (type: SimulatedEventType) => readonly EventSet[];

interface Held {
  columns?: EventColumns;
  sets?: readonly EventSet[];
  readonly forget: () => void;
}

export function createJobEvents(frame: GenerationFrame, truth: JobTruth, retention: Retention): JobEvents {
  const held = new Map<SimulatedEventType, Held>();
  const heldOf = (type: SimulatedEventType): Held => {
    const entry = held.get(type) ?? { forget: () => held.delete(type) };
    held.set(type, entry);
    return entry;
  };
  const touch = (type: SimulatedEventType, entry: Held): void => {
    // Making it may have used up the room of what was there.
    held.set(type, entry);
    const ofSets = entry.sets?.reduce((sum, set) => sum + set.size, 0);
    retention.touch(entry.forget, ofSets ?? entry.columns?.occurredAt.length ?? 0);
  };
  const columnsOf = (type: SimulatedEventType): EventColumns => {
    const entry = heldOf(type);
    entry.columns ??= generate(type, frame, columnsOf);
    touch(type, entry);
    return entry.columns;
  };
  const machinesOf = createMachines(frame, columnsOf, retention);
  return (type) => {
    const count = frame.spec.counts?.[type] ?? 0;
    if (count === 0 && frame.spec.machines === undefined) return none;
    const entry = heldOf(type);
    if (entry.sets === undefined) {
      const people = count === 0 ? [] : [{ type, columns: columnsOf(type) }];
      const machines = type === 'open' || type === 'click' ? machinesOf(type) : [];
      entry.sets = [...people, ...machines]
        .map((source) => createGeneratedEvents(truth, source))
        .filter((set) => set.size > 0);
    }
    touch(type, entry);
    return entry.sets;
  };
}

const none: readonly EventSet[] = [];

function createMachines(
  frame: GenerationFrame,
  columnsOf: (type: SimulatedEventType) => EventColumns,
  retention: Retention,
): (type: 'open' | 'click') => GeneratedEventsOptions[] {
  let made: readonly MachineEvents[] | undefined;
  const forget = (): void => {
    made = undefined;
  };
  return (type) => {
    const { machines: shares } = frame.spec;
    if (shares === undefined) return [];
    const machines =
      made ??
      generateMachines(frame, shares, {
        sent: columnsOf('sent'),
        click: columnsOf('click'),
        bounce: columnsOf('bounce'),
      });
    made = machines;
    const sizes = machines.map(({ open, click }) => open.occurredAt.length + click.occurredAt.length);
    retention.touch(
      forget,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    return machines.map((one) => ({ type, columns: one[type], origin: one.origin }));
  };
}

function generate(
  type: SimulatedEventType,
  frame: GenerationFrame,
  columnsOf: (type: SimulatedEventType) => EventColumns,
): EventColumns {
  const count = frame.spec.counts?.[type] ?? 0;
  switch (type) {
    case 'sent':
      return generateSent(frame, count);
    case 'open':
    case 'click':
      return generateReactions(frame, type, count, columnsOf('sent'));
    case 'bounce':
      return generateBounces(frame, count, columnsOf('sent'), [columnsOf('open'), columnsOf('click')]);
    case 'not_sent':
      return generateNotSent(frame, count, frame.spec.counts?.sent ?? 0);
    case 'unsub':
    case 'forward':
    case 'survey':
      return generateResponses(frame, type, count, columnsOf('open'));
    case 'forward_opt_in':
      return generateResponses(frame, type, count, columnsOf('forward'));
  }
}
