import type { ColumnDefinitions, EventDefinition } from './define-event.ts';
import { unsub } from './unsub.ts';

/** Where files name the list and the person of an event, and SOAP does not. */
const recipient: ColumnDefinitions = {
  list_id: { property: 'ListID', kind: 'integer', optional: true },
  subscriber_id: { property: 'SubscriberID', kind: 'integer', optional: true, person: 'id' },
};

/** The address of the device is not among them: it names a household, and what is asked of it is the place. */
const device: ColumnDefinitions = {
  is_unique: { property: 'IsUnique', kind: 'boolean', optional: true },
  country: { property: 'Country', kind: 'text', optional: true },
  region: { property: 'Region', kind: 'text', optional: true },
  city: { property: 'City', kind: 'text', optional: true },
  latitude: { property: 'Latitude', kind: 'text', optional: true },
  longitude: { property: 'Longitude', kind: 'text', optional: true },
  metro_code: { property: 'MetroCode', kind: 'text', optional: true },
  area_code: { property: 'AreaCode', kind: 'text', optional: true },
  browser: { property: 'Browser', kind: 'text', optional: true },
  email_client: { property: 'EmailClient', kind: 'text', optional: true },
  operating_system: { property: 'OperatingSystem', kind: 'text', optional: true },
  device: { property: 'Device', kind: 'text', optional: true },
};

const detailsByType: Readonly<Record<string, ColumnDefinitions>> = {
  open: { ...recipient, ...device },
  click: {
    ...recipient,
    ...device,
    is_unique_for_url: { property: 'IsUniqueForURL', kind: 'boolean', optional: true },
    send_url_id: { property: 'SendURLID', kind: 'integer', optional: true },
  },
  unsub: { reason: { property: 'UnsubReason', kind: 'text', optional: true, person: 'text' } },
  not_sent: { reason: { property: 'Reason', kind: 'text', optional: true, person: 'text' } },
  complaint: recipient,
};

/** Columns of numbers with a fraction: texts until they are in their table. */
export const fractionColumns: readonly string[] = ['latitude', 'longitude'];

/** Columns of `tracking.extract_details` that files of a type may fill; none where they say nothing more than SOAP. */
export function detailColumns({ name }: Pick<EventDefinition, 'name'>): ColumnDefinitions {
  return detailsByType[name] ?? {};
}

/** The definition with the columns that only files have. */
export function withDetails(definition: EventDefinition): EventDefinition {
  return { ...definition, columns: { ...definition.columns, ...detailColumns(definition) } };
}

/** A report as spam, which only files say: it has no table of events, its rows are details and nothing else. */
export const complaintType = 'complaint';

/** With a complaint Marketing Cloud also unsubscribes the person: both are kept equally long. */
const keptLike: Readonly<Record<string, string>> = { [complaintType]: unsub.name };

/** The event type whose retention holds for a type. */
export function retentionType(eventType: string): string {
  return keptLike[eventType] ?? eventType;
}

/** The types whose details leave with the months of an event type: its own, and those that are kept like it. */
export function typesThatLeaveWith(eventType: string): string[] {
  return [eventType, ...Object.keys(keptLike).filter((name) => keptLike[name] === eventType)];
}

/** Whether the events of a type are details and nothing else. */
export function isDetailsOnly({ name }: Pick<EventDefinition, 'name'>): boolean {
  return name === complaintType;
}
