import { bounce } from './bounce.ts';
import { click } from './click.ts';
import type { EventDefinition } from './define-event.ts';
import { forward } from './forward.ts';
import { forwardOptIn } from './forward-opt-in.ts';
import { notSent } from './not-sent.ts';
import { open } from './open.ts';
import { sent } from './sent.ts';
import { survey } from './survey.ts';
import { unsub } from './unsub.ts';

/** Every event type there is, in the order in which they are shown; the only list. */
export const eventCatalog = [
  sent,
  open,
  click,
  bounce,
  unsub,
  notSent,
  forward,
  forwardOptIn,
  survey,
] as const satisfies readonly EventDefinition[];

export type EventTypeName = (typeof eventCatalog)[number]['name'];

/** The names of all event types, in that order. */
export const eventTypeNames: readonly EventTypeName[] = eventCatalog.map(({ name }) => name);

/** The definition of that name, or undefined where there is none. */
export function findEventDefinition(name: string): EventDefinition | undefined {
  return eventCatalog.find((definition) => definition.name === name);
}
