import { type EventDefinition, requestedProperties } from '../events/define-event.ts';
import { detailColumns } from '../events/extract-details.ts';
import { type DetailReader, detailReader } from './detail-values.ts';
import type { DateRewriter } from './event-date.ts';

/** Columns of files that are called otherwise than the properties of SOAP. */
const namesInFiles: Readonly<Record<string, readonly string[]>> = {
  'Client.ID': ['clientid'],
  SendID: ['sendid', 'jobid'],
  'List.ID': ['listid'],
  SMTPReason: ['bouncereason', 'smtpreason'],
  BounceType: ['bouncetype'],
};

/** Columns that files may have and that are not stored: what the events do not have of them says who a person is. */
const unusedColumns = new Set([
  'emailaddress',
  'ipaddress',
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
  /** Columns of which the definition could keep details, and does not. */
  readonly details: readonly string[];
  /** Values of details that could not be read so far, by column. */
  readonly unreadable: ReadonlyMap<string, number>;
}

/**
 * Undefined where the header has no date of an event or no job: then it is no such file. Details are read where the
 * definition has their columns (`withDetails`).
 */
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
  const kindSlot = properties.indexOf('EventType');
  const categoryField = fieldOf('BounceCategory');
  const values: (string | null)[] = properties.map(() => null);
  const unreadable = new Map<string, number>();
  const details = detailReaders(definition);
  const readDetail = (field: number, read: DetailReader, text: string): string | null => {
    const value = read(text);
    const name = header[field] ?? '';
    if (value === undefined) unreadable.set(name, (unreadable.get(name) ?? 0) + 1);
    return value ?? null;
  };
  const left = header.filter((_, index) => !fields.includes(index));
  const keepable = left.filter((name) => isDetail(definition, name));
  return {
    dateField,
    accountField: fieldOf('Client.ID'),
    hasUrlId: fieldOf('URLID') !== undefined,
    ignored: left.filter((name) => !keepable.includes(name) && !unusedColumns.has(normalized(name))),
    details: keepable.filter((name) => !unusedColumns.has(normalized(name))),
    unreadable,
    valuesOf(record) {
      fields.forEach((field, slot) => {
        const text = field === undefined ? '' : (record[field] ?? '');
        const read = details[slot];
        if (field === undefined || text === '') values[slot] = null;
        else if (read !== undefined) values[slot] = readDetail(field, read, text);
        else values[slot] = field === dateField ? rewriteDate(text) : text;
      });
      if (kindSlot >= 0) {
        const category = categoryField === undefined ? '' : (record[categoryField] ?? '');
        values[kindSlot] = bounceKind(values[kindSlot] ?? '', category);
      }
      return values;
    },
  };
}

/** Whether a column holds a detail of the event type. */
export function isDetail(definition: EventDefinition, name: string): boolean {
  return Object.values(detailColumns(definition)).some(
    ({ property }) => property.toLowerCase() === normalized(name),
  );
}

/** By the place among the requested properties; undefined for what is no detail. */
function detailReaders(definition: EventDefinition): (DetailReader | undefined)[] {
  const known = detailColumns(definition);
  const readers = Object.entries(definition.columns).map(([name, column]) =>
    known[name] === column ? detailReader(name, column) : undefined,
  );
  // The business unit comes first.
  return [undefined, ...readers];
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
