import { createGeneratedEvents, type EventSet } from './event-sets.ts';
import { generateBounces } from './generate/bounces.ts';
import type { EventColumns, GenerationFrame } from './generate/columns.ts';
import { generateMachines, type MachineEvents } from './generate/machines.ts';
import { generateReactions, generateSent } from './generate/mails-and-reactions.ts';
import { generateNotSent } from './generate/not-sent.ts';
import { generateResponses } from './generate/responses.ts';
import type { JobTruth, SimulatedEventType } from './truth.ts';

/** The generated events of one job by type, made on first use: an account of a hundred jobs costs nothing until then. */
export type JobEvents = (type: SimulatedEventType) => readonly EventSet[];

export function createJobEvents(frame: GenerationFrame, truth: JobTruth): JobEvents {
  const columnsBy = new Map<SimulatedEventType, EventColumns>();
  const setsBy = new Map<SimulatedEventType, readonly EventSet[]>();
  let machines: readonly MachineEvents[] | undefined;

  const columnsOf = (type: SimulatedEventType): EventColumns => {
    const columns = columnsBy.get(type) ?? generate(type, frame, columnsOf);
    columnsBy.set(type, columns);
    return columns;
  };
  const machinesOf = (type: 'open' | 'click'): EventSet[] => {
    const { machines: shares } = frame.spec;
    if (shares === undefined) return [];
    machines ??= generateMachines(frame, shares, {
      sent: columnsOf('sent'),
      click: columnsOf('click'),
      bounce: columnsOf('bounce'),
    });
    return machines
      .map((made) => createGeneratedEvents(truth, { type, columns: made[type], origin: made.origin }))
      .filter((set) => set.size > 0);
  };
  return (type) => {
    const known = setsBy.get(type);
    if (known !== undefined) return known;
    const count = frame.spec.counts?.[type] ?? 0;
    const people = count === 0 ? [] : [createGeneratedEvents(truth, { type, columns: columnsOf(type) })];
    const sets = [...people, ...(type === 'open' || type === 'click' ? machinesOf(type) : [])];
    setsBy.set(type, sets);
    return sets;
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
