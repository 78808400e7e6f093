import type { EventBounds } from '../columns/page-builder.ts';
import { type ColumnPage, createColumnPage, type PageColumns } from '../columns/page.ts';
import type { EventDefinition } from '../events/define-event.ts';
import type { Pseudonyms } from '../columns/people/pseudonyms.ts';
import { hasFraction } from './event-date.ts';
import type { CsvChunk } from './csv/csv-reader.ts';
import type { EventLayout } from './extract-layout.ts';

/** Rows of one business unit, with times of one precision, typed. */
export interface EventRows {
  readonly accountId: number;
  /** Fraction digits of their seconds. */
  readonly digits: number;
  readonly columns: PageColumns;
}

/** A line that is no event. */
export interface RejectedLine {
  readonly line: number;
  readonly fields: readonly string[];
  /** The line as it stands, where it has no fields. */
  readonly text?: string;
  readonly reason: string;
}

export interface TypedChunk {
  readonly pages: readonly EventRows[];
  readonly rejected: readonly RejectedLine[];
}

export interface TypingOptions {
  readonly definition: EventDefinition;
  readonly layout: EventLayout;
  /** The business unit of records that name none. */
  readonly accountId: number | undefined;
  /** The times of the file have milliseconds, also those that are cut to whole seconds. */
  readonly isExact: boolean;
  readonly bounds: EventBounds;
  /** Stand for people; undefined where their keys are stored as they are sent. */
  readonly pseudonyms?: Pseudonyms | undefined;
}

// Times of extracts have three digits at most.
const exactDigits = 3;

/** Types the records of a chunk; business units and precisions become pages of their own. */
export function typeChunk(chunk: CsvChunk, options: TypingOptions): TypedChunk {
  const { definition, layout, isExact, bounds, pseudonyms } = options;
  const pages = new Map<string, { accountId: number; digits: number; page: ColumnPage }>();
  const rejected: RejectedLine[] = chunk.damaged.map((line) => ({ ...line, fields: [] }));
  const pageFor = (accountId: number, digits: number) => {
    const key = `${accountId} ${digits}`;
    const known = pages.get(key);
    if (known !== undefined) return known;
    const capacity = chunk.records.length;
    const typing = { accountId, jobId: undefined, ...bounds, capacity, pseudonyms };
    const page = createColumnPage(definition, typing);
    const made = { accountId, digits, page };
    pages.set(key, made);
    return made;
  };
  chunk.records.forEach((fields, index) => {
    const accountId = accountOf(fields, options);
    const reject = (reason: string) => rejected.push({ line: chunk.lines[index] ?? 0, fields, reason });
    if (accountId === undefined) {
      reject('ClientID is not a number');
      return;
    }
    const digits = isExact || hasFraction(fields[layout.dateField] ?? '') ? exactDigits : 0;
    const { page } = pageFor(accountId, digits);
    const before = page.rejectedCount();
    page.append(layout.valuesOf(fields));
    if (page.rejectedCount() > before) reject(page.lastReason());
  });
  return {
    pages: [...pages.values()].map(({ page, ...rest }) => ({ ...rest, columns: page.finish() })),
    rejected,
  };
}

function accountOf(fields: readonly string[], { layout, accountId }: TypingOptions): number | undefined {
  const text = layout.accountField === undefined ? '' : (fields[layout.accountField] ?? '').trim();
  if (text === '') return accountId;
  const id = Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}
