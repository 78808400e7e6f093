import type { SimulatedEventType, TruthEvent } from '../world/truth.ts';

/** How the files of an extract are written; accounts differ in all of it. */
export interface ExtractForm {
  readonly delimiter?: ',' | '\t' | '|';
  /** Quotes around every field, not only where they are needed. */
  readonly quotesAll?: boolean;
  readonly encoding?: 'utf-8' | 'utf-8-bom' | 'utf-16le';
  readonly milliseconds?: boolean;
  /** BatchID of list sends as files write it. */
  readonly listBatchId?: number;
  /** Names of columns in lower case. */
  readonly lowerCase?: boolean;
  /** Columns for devices and places. */
  readonly details?: boolean;
  readonly offsetMinutes?: number;
}

export interface ExtractedFile {
  /** As in an extract: `Opens.csv`. */
  readonly name: string;
  readonly content: Buffer;
}

type Column = readonly [
  name: string,
  value: (event: TruthEvent, form: ExtractForm) => string | number | null,
];

const common = (kind: string): Column[] => [
  ['ClientID', ({ accountId }) => accountId],
  ['SendID', ({ jobId }) => jobId],
  ['SubscriberKey', ({ subscriberKey }) => subscriberKey],
  ['EmailAddress', ({ subscriberKey }) => `${subscriberKey ?? 'none'}@example.com`],
  ['SubscriberID', ({ subscriberId }) => subscriberId],
  ['ListID', ({ listId }) => listId],
  ['EventDate', ({ occurredAt }, form) => fileDate(occurredAt, form)],
  ['EventType', () => kind],
];

const batch: Column = [
  'BatchID',
  ({ batchId, triggeredSendId }, { listBatchId }) =>
    triggeredSendId === null && listBatchId !== undefined && batchId === 1 ? listBatchId : batchId,
];

const devices = [
  { browser: 'Chrome', emailClient: 'Gmail', system: 'Windows 10', device: 'PC' },
  { browser: 'Safari', emailClient: 'Apple Mail', system: 'iOS', device: 'iPhone' },
  { browser: '', emailClient: 'Outlook', system: 'Windows 11', device: 'PC' },
] as const;

const places = [
  {
    country: 'US',
    region: 'IN',
    city: 'Indianapolis',
    latitude: '39.7684',
    longitude: '-86.1581',
    metro: '527',
  },
  { country: 'DE', region: 'BE', city: 'Berlin', latitude: '52.5200', longitude: '13.4050', metro: '' },
] as const;

const deviceOf = ({ subscriberId, occurredAt }: TruthEvent) =>
  devices[((subscriberId ?? 0) + occurredAt) % devices.length] ?? devices[0];
const placeOf = ({ subscriberId }: TruthEvent) => places[(subscriberId ?? 0) % places.length] ?? places[0];

const details: Column[] = [
  ['IsUnique', ({ properties }) => properties?.['IsUnique'] ?? 'True'],
  ['IpAddress', () => '192.0.2.1'],
  ['Country', (event) => placeOf(event).country],
  ['Region', (event) => placeOf(event).region],
  ['City', (event) => placeOf(event).city],
  ['Latitude', (event) => placeOf(event).latitude],
  ['Longitude', (event) => placeOf(event).longitude],
  ['MetroCode', (event) => placeOf(event).metro],
  ['AreaCode', () => null],
  ['Browser', (event) => deviceOf(event).browser],
  ['EmailClient', (event) => deviceOf(event).emailClient],
  ['OperatingSystem', (event) => deviceOf(event).system],
  ['Device', (event) => event.properties?.['Device'] ?? deviceOf(event).device],
];

interface FileOfType {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Columns that files have where the form says so. */
  readonly details?: readonly Column[];
}

const filesByType = {
  sent: { name: 'Sent', columns: [...common('Sent'), batch] },
  open: { name: 'Opens', columns: [...common('Open'), batch], details },
  click: {
    name: 'Clicks',
    columns: [
      ...common('Click'),
      ['URLID', ({ urlId }) => urlId],
      ['URL', ({ url }) => url],
      ['Alias', () => 'a "link", of\nus'],
      batch,
    ],
    details,
  },
  bounce: {
    name: 'Bounces',
    columns: [
      ...common('Bounce'),
      ['BounceCategory', ({ properties }) => properties?.['BounceCategory'] ?? null],
      ['SMTPCode', ({ properties }) => properties?.['SMTPCode'] ?? null],
      ['BounceReason', ({ properties }) => properties?.['SMTPReason'] ?? null],
      batch,
    ],
  },
  unsub: {
    name: 'Unsubs',
    columns: [...common('Unsubscribe'), batch, ['UnsubReason', () => 'Not interested']],
  },
  not_sent: {
    name: 'NotSent',
    columns: [...common('NotSent'), batch, ['Reason', () => 'On the list of exclusions']],
  },
  complaint: { name: 'SpamComplaints', columns: [...common('SpamComplaint'), batch] },
} as const satisfies Readonly<Partial<Record<SimulatedEventType | 'complaint', FileOfType>>>;

export type ExtractedType = keyof typeof filesByType;

/** The file with these events. */
export function eventFile(
  type: ExtractedType,
  events: Iterable<TruthEvent>,
  form: ExtractForm = {},
): ExtractedFile {
  const { name, columns, details = [] }: FileOfType = filesByType[type];
  const all = form.details === true ? [...columns, ...details] : columns;
  const rows = [...events].map((event) => all.map(([, value]) => value(event, form)));
  return {
    name: `${name}.csv`,
    content: encode(
      render(
        all.map(([title]) => title),
        rows,
        form,
      ),
      form,
    ),
  };
}

export function render(
  titles: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
  { delimiter = ',', quotesAll = false, lowerCase = false }: ExtractForm,
): string {
  const field = (value: string | number | null) => {
    const text = String(value ?? '');
    const isPlain = !quotesAll && !text.includes(delimiter) && !/["\r\n]/u.test(text);
    return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
  };
  const header = titles.map((title) => (lowerCase ? title.toLowerCase() : title));
  return [header, ...rows].map((row) => `${row.map(field).join(delimiter)}\r\n`).join('');
}

export function encode(text: string, { encoding = 'utf-8' }: ExtractForm): Buffer {
  if (encoding === 'utf-16le') return Buffer.from(`\ufeff${text}`, 'utf16le');
  return Buffer.from(encoding === 'utf-8-bom' ? `\ufeff${text}` : text);
}

/** The American clock of twelve hours, without leading zeros in month, day and hour. */
export function fileDate(
  instant: number,
  { milliseconds = false, offsetMinutes = -360 }: ExtractForm,
): string {
  const local = new Date(instant + offsetMinutes * 60_000);
  const two = (value: number) => String(value).padStart(2, '0');
  const hour = local.getUTCHours();
  const fraction = milliseconds ? `.${String(local.getUTCMilliseconds()).padStart(3, '0')}` : '';
  const day = `${local.getUTCMonth() + 1}/${local.getUTCDate()}/${local.getUTCFullYear()}`;
  const time = `${hour % 12 === 0 ? 12 : hour % 12}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}${fraction}`;
  return `${day} ${time} ${hour < 12 ? 'AM' : 'PM'}`;
}
