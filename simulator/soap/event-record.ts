import { toCentralText } from './central-text.ts';
import { escapeText, type Getter } from './records.ts';
import type { SimulatedEventType, TruthEvent } from '../world/truth.ts';

const wireEventTypes: Readonly<Record<SimulatedEventType, string>> = {
  sent: 'Sent',
  open: 'Open',
  click: 'Click',
  bounce: 'HardBounce',
  unsub: 'Unsubscribe',
  not_sent: 'NotSent',
  forward: 'ForwardedEmail',
  forward_opt_in: 'ForwardedEmailOptIn',
  survey: 'Survey',
};

/** Writes one property of an event; the event's raw text, where it has one, is sent unescaped. */
export function eventGetter(property: string, type: SimulatedEventType): Getter<TruthEvent> {
  const get = plainGetter(property, type);
  return (event) => {
    const raw = event.raw?.[property];
    if (raw !== undefined) return raw;
    const own = event.properties?.[property];
    if (own === undefined) return get(event);
    return own === null ? null : escapeText(own);
  };
}

function plainGetter(property: string, type: SimulatedEventType): Getter<TruthEvent> {
  const number = (value: number | null): string | null => (value === null ? null : String(value));
  const text = (value: string | null): string | null => (value === null ? null : escapeText(value));
  const getters: Readonly<Record<string, Getter<TruthEvent>>> = {
    'Client.ID': (event) => String(event.accountId),
    // Marketing Cloud: what ID means on an event is not documented; a client must survive zero.
    ID: () => '0',
    CreatedDate: (event) => toCentralText(event.occurredAt),
    ModifiedDate: (event) => toCentralText(event.occurredAt),
    SendID: (event) => String(event.jobId),
    SubscriberKey: (event) => text(event.subscriberKey),
    EventDate: (event) => toCentralText(event.occurredAt),
    EventType: () => wireEventTypes[type],
    TriggeredSendDefinitionObjectID: (event) => event.triggeredSendId,
    BatchID: (event) => number(event.batchId),
    ListID: (event) => number(event.listId),
    'List.ID': (event) => number(event.listId),
    SubscriberID: (event) => number(event.subscriberId),
    URLID: (event) => number(event.urlId),
    URL: (event) => text(event.url),
  };
  return getters[property] ?? (() => null);
}
