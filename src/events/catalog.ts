import { click } from './click.ts';
import type { EventDefinition } from './define-event.ts';
import { open } from './open.ts';
import { sent } from './sent.ts';

/** Every event type there is; the only list. */
export const eventCatalog = [sent, open, click] as const satisfies readonly EventDefinition[];

export type EventTypeName = (typeof eventCatalog)[number]['name'];

/** The definition of that name, or undefined where there is none. */
export function findEventDefinition(name: string): EventDefinition | undefined {
  return eventCatalog.find((definition) => definition.name === name);
}
