import { type EventDefinition, requestedProperties } from '../events/define-event.ts';
import type { DateRewriter } from './event-date.ts';

/** What a file holds, by the words that its name may have. */
const eventTypesByFile: Readonly<Record<string, string>> = {
  sent: 'sent',
  opens: 'open',
  open: 'open',
  clicks: 'click',
  click: 'click',
  bounces: 'bounce',
  bounce: 'bounce',
  unsubs: 'unsub',
  unsub: 'unsub',
  notsent: 'not_sent',
  sendjobs: 'job',
};

/** The event type or dimension of a file, by its name; undefined where it is none that is imported. */
export function typeOfFile(name: string): string | undefined {
  const stem = (name.split('/').at(-1) ?? '').replace(/\.[a-z]+$/iu, '').toLowerCase();
  const found = stem.split(/[^a-z]+/u).flatMap((word) => eventTypesByFile[word] ?? []);
  return found.length === 1 ? found[0] : undefined;
}

/** Columns of files that are called otherwise than the properties of SOAP. */
const namesInFiles: Readonly<Record<string, readonly string[]>> = {
  'Client.ID': ['clientid'],
  SendID: ['sendid', 'jobid'],
  'List.ID': ['listid'],
  SMTPReason: ['bouncereason', 'smtpreason'],
  BounceType: ['bouncetype'],
};

/** Columns that every file may have and that say nothing the events do not have. */
const unusedColumns = new Set([
  'emailaddress',
  'triggeredsendexternalkey',
  'campaignid',
  'eventtype',
  'subscriberid',
  'listid',
]);

/** How the columns of one file become the properties of an event. */
export interface EventLayout {
  /** Writes the values of a record in the order of the requested properties, into the same array each time. */
  readonly valuesOf: (fields: readonly string[]) => (string | null)[];
  /** The field of the event's date. */
  readonly dateField: number;
  readonly accountField: number | undefined;
  readonly hasUrlId: boolean;
  /** Columns that no property is read from. */
  readonly ignored: readonly string[];
}

/** Undefined where the header has no date of an event or no job: then it is no such file. */
export function eventLayout(
  definition: EventDefinition,
  header: readonly string[],
  rewriteDate: DateRewriter,
): EventLayout | undefined {
  const known = new Map(header.map((name, index) => [normalized(name), index]));
  const fieldOf = (property: string) => {
    const names = namesInFiles[property] ?? [property.toLowerCase()];
    return names.map((name) => known.get(name)).find((index) => index !== undefined);
  };
  const properties = requestedProperties(definition);
  const fields = properties.map(fieldOf);
  const dateField = fieldOf('EventDate');
  if (dateField === undefined || fieldOf('SendID') === undefined) return undefined;
  const categoryField = fieldOf('BounceCategory');
  const values: (string | null)[] = properties.map(() => null);
  const used = new Set(fields);
  return {
    dateField,
    accountField: fieldOf('Client.ID'),
    hasUrlId: fieldOf('URLID') !== undefined,
    ignored: header.filter((name, index) => !used.has(index) && !unusedColumns.has(normalized(name))),
    valuesOf(record) {
      fields.forEach((field, slot) => {
        const text = field === undefined ? '' : (record[field] ?? '');
        values[slot] = text === '' ? null : field === dateField ? rewriteDate(text) : text;
      });
      if (definition.name === 'bounce') {
        const slot = properties.indexOf('EventType');
        const category = categoryField === undefined ? '' : (record[categoryField] ?? '');
        values[slot] = bounceKind(values[slot] ?? '', category);
      }
      return values;
    },
  };
}

/** Files may say only that it is a bounce, where SOAP says of which kind; then its category tells. */
function bounceKind(eventType: string, category: string): string | null {
  if (/^(hard|soft|other)bounce$/iu.test(eventType)) return eventType;
  if (/^hard/iu.test(category)) return 'HardBounce';
  if (/^(soft|block)/iu.test(category)) return 'SoftBounce';
  return category === '' ? null : 'OtherBounce';
}

export function normalized(name: string): string {
  return name.trim().toLowerCase();
}
