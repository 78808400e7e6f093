import { centralTextFromInstant } from '../../columns/central-time.ts';
import { RequestInvalidError } from '../../errors.ts';

/** What a Tracking Extract is to have. */
export interface ExtractContent {
  readonly from: Date;
  readonly to: Date;
  readonly eventTypes: readonly string[];
  readonly jobIds: readonly number[] | undefined;
  readonly fileName: string;
}

/** The switch of each event type that an extract can have. */
const switches: Readonly<Record<string, string>> = {
  sent: 'ExtractSent',
  open: 'ExtractOpens',
  click: 'ExtractClicks',
  bounce: 'ExtractBounces',
  unsub: 'ExtractUnsubs',
  not_sent: 'ExtractNotSent',
};

/** Event types that an extract can have. */
export const extractedEventTypes: readonly string[] = Object.keys(switches);

/**
 * The parameters of a Tracking Extract by their names: UTF-8, commas, quotes, milliseconds, in the server's own time.
 *
 * Marketing Cloud: whether the end date is within the range is not documented. Bounds are rounded outwards; an event more is
 * recognized by its identity.
 */
export function extractParameters(content: ExtractContent): [name: string, value: string][] {
  const { from, to, eventTypes, jobIds = [], fileName } = content;
  return [
    ['StartDate', serverDate(from, 'down')],
    ['EndDate', serverDate(to, 'up')],
    ['OutputFileName', fileName],
    ['SendIDs', jobIds.join(',')],
    ['Format', 'csv'],
    ['ColumnDelimiter', ','],
    ['TextQualifier', '"'],
    ['QuoteText', 'True'],
    ['CharacterEncoding', 'UTF-8'],
    ['UnicodeOutput', 'False'],
    ['UseLocalTZinQuery', 'False'],
    ['IncludeMilliseconds', 'True'],
    ['IncludeInferredOpens', 'False'],
    ['IncludeTestSends', 'False'],
    ['IncludeUnsubReason', 'True'],
    ['ExtractSendJobs', 'True'],
    // Marketing Cloud: written with a small letter, as in its documentation.
    ['extractLists', 'True'],
    ...Object.entries(switches).map(([type, name]): [string, string] => [
      name,
      eventTypes.includes(type) ? 'True' : 'False',
    ]),
  ];
}

/** `10/26/2012 12:00:00 AM`, UTC−06:00 all year. */
function serverDate(instant: Date, rounding: 'up' | 'down'): string {
  const text = centralTextFromInstant(instant, rounding) ?? '';
  const match = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}:\d{2})/u.exec(text);
  if (match === null) throw new RequestInvalidError('An extract has an impossible instant');
  const [, year = '', month = '', day = '', hourText = '', rest = ''] = match;
  const hour = Number(hourText);
  return `${Number(month)}/${Number(day)}/${year} ${hour % 12 === 0 ? 12 : hour % 12}:${rest} ${hour < 12 ? 'AM' : 'PM'}`;
}
