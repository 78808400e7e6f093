import { integerOfBytes, putBytes } from './byte-values.ts';
import { putNull, putText, putWholeNumber } from './column.ts';
import { foreignAccountReason, makeRoom, type PageBuilder, type Unreadable } from './page-builder.ts';
import { anyInteger, isBlank, plainInteger } from './values.ts';
import { accountProperty } from '../events/define-event.ts';

// Marketing Cloud started in December 2000, so an event before that year has a broken date.
const earliestEventMicros = Date.UTC(2000, 0, 1) * 1000;

/** Writes the record into the next free row; the row counts only if this returns no problem. */
export function recordProblem(page: PageBuilder, values: readonly (string | null)[]): Unreadable | undefined {
  return (
    accountProblem(page, values[0] ?? null) ??
    rowProblem(page, values) ??
    jobProblem(page) ??
    instantProblem(page)
  );
}

/**
 * Writes the record into the next free row from the places of its values in `bytes`. False where anything is
 * unusual, an account that is not known yet included: then the row does not count.
 */
export function writeRecordBytes(page: PageBuilder, bytes: Uint8Array, places: Int32Array): boolean {
  if (page.isOfOneAccount && !isOfAccount(page, bytes, places)) return false;

  makeRoom(page);
  const { inOrder, rowCount } = page;
  for (let index = 0; index < inOrder.length; index += 1) {
    const column = inOrder[index];
    const from = places[2 * index + 2] ?? -1;
    if (column === undefined) return false;
    if (from < 0) {
      if (putNull(column, rowCount) !== undefined) return false;
    } else if (!putBytes(column, rowCount, bytes, from, places[2 * index + 3] ?? from)) {
      return false;
    }
  }
  return jobProblem(page) === undefined && instantProblem(page) === undefined;
}

/** Whether the first value is absent, or the account that the page is of. */
function isOfAccount({ accountId }: PageBuilder, bytes: Uint8Array, places: Int32Array): boolean {
  const from = places[0] ?? -1;
  return from < 0 || integerOfBytes(bytes, from, places[1] ?? from) === accountId;
}

function accountProblem(page: PageBuilder, text: string | null): Unreadable | undefined {
  if (text === null || isBlank(text) || !page.isOfOneAccount) return undefined;

  const plain = plainInteger(text);
  const named = Number.isNaN(plain) ? Number(anyInteger(text)) : plain;
  page.accountId ??= Number.isNaN(named) ? undefined : named;
  return named === page.accountId ? undefined : { property: accountProperty, reason: foreignAccountReason };
}

function rowProblem(page: PageBuilder, values: readonly (string | null)[]): Unreadable | undefined {
  makeRoom(page);
  const { inOrder, rowCount } = page;
  let position = 0;
  for (const column of inOrder) {
    position += 1;
    const reason = putText(column, rowCount, values[position] ?? null);
    if (reason !== undefined) return { property: column.property, reason: `${column.property} ${reason}` };
  }
  return undefined;
}

function jobProblem({ jobIds, jobId, rowCount }: PageBuilder): Unreadable | undefined {
  if (jobIds?.nulls[rowCount] !== 1) return undefined;

  if (jobId === undefined)
    return { property: jobIds.property, reason: `${jobIds.property} is missing and no job was requested` };

  putWholeNumber(jobIds, rowCount, jobId);
  return undefined;
}

/** Checks the instant of the row just written, and extends the page's bounds to it. */
function instantProblem(page: PageBuilder): Unreadable | undefined {
  if (page.occurredAt === undefined) return undefined;

  const micros = page.occurredAt.micros[page.rowCount] ?? NaN;
  if (!(micros >= earliestEventMicros && micros < page.eventsBeforeMicros)) {
    const { property } = page.occurredAt;
    return { property, reason: `${property} is before the year 2000 or in the future` };
  }
  if (micros < page.eventsFromMicros) return undefined;
  page.earliestMicros = Math.min(page.earliestMicros, micros);
  page.latestMicros = Math.max(page.latestMicros, micros);
  return undefined;
}
