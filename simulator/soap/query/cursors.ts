import { randomUUID } from 'node:crypto';

import type { ResultSet } from './event-query.ts';
import { RetrieveRefusal } from '../refusals.ts';

export interface CursorOptions {
  /** One RequestID for all pages of a request, or a new one with each page. */
  readonly requestIds: 'same' | 'new';
  /** What a RequestID that has been continued already does; with one id for all pages it always skips. */
  readonly resentContinue: 'repeats' | 'skips' | 'fails';
  readonly lifetimeMs: number;
  readonly nowMs: () => number;
}

export interface Cursor {
  readonly accountId: number;
  readonly objectType: string;
  /** A fault may replace it by one that never ends. */
  result: ResultSet;
  /** Place of the first record of the next page. */
  next: number;
  page: number;
  requestId: string;
  usedAt: number;
  /** A fault said so: serves the same page again for ever. */
  isEndless: boolean;
}

/** One page about to be sent. */
export interface Page {
  readonly cursor: Cursor;
  readonly from: number;
  readonly to: number;
  readonly number: number;
  readonly isLast: boolean;
}

export interface Cursors {
  open(accountId: number, objectType: string, result: ResultSet): Cursor;
  /** @throws {RetrieveRefusal} when the id is unknown, over, forgotten or another account's. */
  resume(requestId: string, accountId: number): Cursor;
  page(cursor: Cursor, pageSize: number): Page;
  /** Moves the cursor behind the page and names the RequestID of the response; a cursor that ended is forgotten. */
  consume(page: Page, isMore: boolean): string;
}

/** Where a request stood when its response carried that id. */
interface Standing {
  readonly cursor: Cursor;
  readonly next: number;
  readonly page: number;
}

// More open requests than any test holds; beyond it the oldest are forgotten, as a server would.
const cursorsMax = 10_000;

/** The server's memory of unfinished requests. */
export function createCursors(options: CursorOptions): Cursors {
  /** Where each id that was ever sent stands. */
  const known = new Map<string, Standing>();
  const remember = (cursor: Cursor): void => {
    known.set(cursor.requestId, { cursor, next: cursor.next, page: cursor.page });
    const [oldest] = known.keys();
    if (known.size > cursorsMax && oldest !== undefined) known.delete(oldest);
  };
  return {
    open: (accountId, objectType, result) => ({
      accountId,
      objectType,
      result,
      next: 0,
      page: 0,
      requestId: randomUUID(),
      usedAt: options.nowMs(),
      isEndless: false,
    }),
    resume: (requestId, accountId) => {
      const id = requestId.toLowerCase();
      const entry = known.get(id);
      if (entry?.cursor.accountId !== accountId || !isResumable(entry, id, options))
        throw new RetrieveRefusal('The RequestID sent through ContinueRequest does not exist.');

      const { cursor } = entry;
      if (cursor.requestId !== id && options.resentContinue === 'repeats') {
        cursor.next = entry.next;
        cursor.page = entry.page;
      }
      return cursor;
    },
    page: (cursor, pageSize) => {
      const to = Math.min(cursor.next + pageSize, cursor.result.size);
      return { cursor, from: cursor.next, to, number: cursor.page + 1, isLast: to >= cursor.result.size };
    },
    consume: ({ cursor, to, number }, isMore) => {
      if (!cursor.isEndless) cursor.next = to;
      cursor.page = number;
      cursor.usedAt = options.nowMs();
      if (options.requestIds === 'new') cursor.requestId = randomUUID();
      // Only a server that repeats pages needs to know a request to its very end.
      if (isMore || options.resentContinue === 'repeats') remember(cursor);
      else known.delete(cursor.requestId);
      return cursor.requestId;
    },
  };
}

function isResumable({ cursor, next }: Standing, id: string, options: CursorOptions): boolean {
  if (options.nowMs() - cursor.usedAt > options.lifetimeMs) return false;
  const isResent = cursor.requestId !== id;
  if (isResent && options.resentContinue === 'fails') return false;
  const continuesAt = isResent && options.resentContinue === 'repeats' ? next : cursor.next;
  return cursor.isEndless || continuesAt === 0 || continuesAt < cursor.result.size;
}
