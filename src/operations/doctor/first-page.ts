import { createColumnPage } from '../../columns/page.ts';
import type { ObjectDefinition } from '../../events/define-event.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import { retrievePages, type RetrieveRequest } from '../../marketing-cloud/retrieve.ts';

/** One page as it came, for looking at; nothing of it is stored. */
export interface SeenPage {
  readonly records: number;
  /** Equal for pages with equal records. */
  readonly text: string;
  readonly requestId: string | undefined;
  readonly isLast: boolean;
  readonly serverTime: Date | undefined;
  readonly durationMs: number;
  /** The business unit that the records name. */
  readonly accountId: number | undefined;
  /** By column, as far as the values are whole numbers. */
  readonly integers: (column: string) => readonly number[];
}

type PageRequest = Pick<RetrieveRequest, 'filter' | 'pageSize' | 'continueFrom'>;

/** Sends one Retrieve and reads its response. @throws whatever Marketing Cloud responds instead of a page. */
export async function readFirstPage(
  client: AccountClient,
  definition: ObjectDefinition,
  request: PageRequest,
  signal: AbortSignal,
): Promise<SeenPage> {
  const texts: string[] = [];
  const rows: (string | null)[][] = [];
  const sink = () => {
    const page = createColumnPage(definition, { accountId: undefined, jobId: undefined });
    texts.length = 0;
    rows.length = 0;
    return {
      append(values: readonly (string | null)[]) {
        texts.push(JSON.stringify(values));
        rows.push([...values]);
        page.append(values);
      },
      finish: () => page.finish(),
    };
  };
  const names = Object.keys(definition.columns);
  const pages = retrievePages(client, { ...request, definition, pagesMax: 1 }, sink, signal);
  for await (const { page, requestId, isLast, serverTime, durationMs, recordCount } of pages) {
    return {
      ...{ requestId, isLast, serverTime, durationMs, records: recordCount, accountId: page.accountId },
      text: texts.join('\n'),
      // The first value is the business unit.
      integers: (column) => rows.map((row) => Number(row[names.indexOf(column) + 1] ?? 0)),
    };
  }
  throw new Error('a Retrieve has at least one page');
}
