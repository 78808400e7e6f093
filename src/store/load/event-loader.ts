import type pg from 'pg';
import type { PageColumns } from '../../columns/page.ts';
import { freeBytes } from '../../free-bytes.ts';
import { copyIn } from '../connection/copy-in.ts';
import type { Pool, Queryable } from '../connection/pool.ts';
import type { OwnedTask } from '../ledger/task-ledger.ts';
import { finishTaskOfKind } from '../ledger/finish-task.ts';
import { noteJobs } from '../tail/note-jobs.ts';
import { switchOffTail } from '../tail/switch-off.ts';
import { binaryRowsOf } from './binary/rows.ts';
import { EmptyWindows } from './empty-windows.ts';
import {
  copyStatements,
  isWithoutOwner,
  type LoadForm,
  loadStatement,
  type PageLoad,
} from './load-statement.ts';
import type { PageToCommit } from './page-to-commit.ts';
import { keepRejected } from './rejected-records.ts';
import type { Statement } from './statement.ts';

export interface LoadedPage {
  /**
   * Pages of the task that are committed. Undefined: another owner has it, or the page before is not committed; the
   * caller rolls back what it wrote.
   */
  readonly pages: number | undefined;
  /** Rows that were not there before. */
  readonly insertedCount: number;
}

export interface EventLoader {
  /**
   * Loads one page. `isInsertOnly`: none of its rows is expected to be there; one that is fails the page
   * (`isDuplicateKey`), which is then to be loaded without this.
   */
  loadPage(client: Queryable, page: PageToCommit, isInsertOnly: boolean): Promise<LoadedPage>;
  /**
   * Loads a page for which `isCopied` holds, in a transaction of its own. A known row fails it, as above. All is
   * prepared before `onConnection` waits for a connection.
   */
  copyPage(page: PageToCommit, onConnection: OnConnection): Promise<LoadedPage>;
  /**
   * Loads a page for which `isEmptyWindow` holds, together with others. `pages` is undefined also where it has to be
   * loaded by `loadPage`; nothing was written then.
   */
  settleEmpty(pool: Pool, page: PageToCommit): Promise<LoadedPage>;
}

export type OnConnection = <Result>(work: (client: pg.ClientBase) => Promise<Result>) => Promise<Result>;

/**
 * Loads pages: rows, rejected records and progress of the task, and with the last page what follows from it
 * for watermark and job.
 *
 * Known rows stay as they are. A fence that is no longer the task's writes nothing. The months of the page exist
 * before (`partitions.ts`). A page for which `isOneStatement` is false is to be loaded in a transaction.
 */
export function createEventLoader(): EventLoader {
  const statements = new Map<string, Statement<PageLoad>>();
  const emptyWindows = new EmptyWindows();

  function statementFor({ definition, columns, finish }: PageToCommit, isInsertOnly: boolean) {
    const rows = rowsOf(columns, isInsertOnly);
    const form: LoadForm = { rows, finishesWindow: finish === 'window' };
    const key = `${definition.name} ${rows} ${finish}`;
    const statement = statements.get(key) ?? loadStatement(definition, form);
    statements.set(key, statement);
    return statement;
  }

  return {
    async loadPage(client, page, isInsertOnly) {
      const { task, rejected } = page;
      if (page.keptOut > 0) await countForgotten(client, page);
      const newlyRejected = await keepRejected(client, { ...task, records: rejected });
      const { name, text, values } = statementFor(page, isInsertOnly);
      const { rows } = await client.query<{ pages: number | null; inserted: number }>({
        ...{ name, text, values: values({ page, newlyRejected }) },
      });
      const pages = rows[0]?.pages ?? undefined;
      const progressed = pages !== undefined;
      const insertedCount = rows[0]?.inserted ?? 0;
      if (progressed && namesManyJobs(task)) await noteJobs(client, task.accountId, page.columns);
      if (progressed && page.finish === 'task') await finishTaskOfKind(client, task, page.requestId);
      if (progressed && insertedCount > 0 && task.origin === 'tail_check')
        await switchOffTail(client, task, insertedCount);
      return { pages, insertedCount };
    },
    async copyPage(page, onConnection) {
      const { task, columns, definition } = page;
      const statements = copyStatements(definition, { page, newlyRejected: 0 });
      const rows = binaryRowsOf(task.accountId, columns);
      try {
        const pages = await onConnection((client) => copyIn(client, statements, rows));
        // Postgres has read them all. After a failure the connection may still be sending them.
        freeBytes(rows);
        return { pages: Number(pages), insertedCount: columns.rowCount };
      } catch (error) {
        if (!isWithoutOwner(error)) throw error;
        return { pages: undefined, insertedCount: 0 };
      }
    },
    settleEmpty: async (pool, page) => ({ pages: await emptyWindows.settle(pool, page), insertedCount: 0 }),
  };
}

/** With fewer rows, planning statements whose values are in their text costs more than copying saves. */
const copiedRowsMin = 500;

/** Whether a page is copied: full of new rows of one job, with more pages to follow. */
export function isCopied(page: PageToCommit, isInsertOnly: boolean): boolean {
  const { columns, finish } = page;
  const isFull = finish === 'nothing' && columns.rowCount >= copiedRowsMin && isOneStatement(page);
  return isFull && rowsOf(columns, isInsertOnly) === 'insert-only of one job';
}

function rowsOf({ rowCount, jobId }: PageColumns, isInsertOnly: boolean): LoadForm['rows'] {
  if (rowCount === 0) return 'none';
  if (!isInsertOnly) return 'on-conflict';
  return jobId === undefined ? 'insert-only' : 'insert-only of one job';
}

/** Whether loading the page is a single statement, which needs no transaction around it. */
export function isOneStatement({ task, rejected, finish, keptOut }: PageToCommit): boolean {
  const isAlone = rejected.length === 0 && finish !== 'task' && keptOut === 0;
  return isAlone && !namesManyJobs(task) && task.origin !== 'tail_check';
}

/** Whether a page of the task has events of jobs that the task does not name. */
function namesManyJobs({ kind }: Pick<OwnedTask, 'kind'>): boolean {
  return kind === 'tail' || kind === 'arrivals';
}

/** So that what was left out is not missed. A page that names many jobs does not say of which they were. */
async function countForgotten(client: Queryable, { task, definition, keptOut }: PageToCommit): Promise<void> {
  if (task.jobId === null) return;
  await client.query(
    `insert into pipeline.forgotten_events as known (account_id, job_id, event_type, events) values ($1, $2, $3, $4)
     on conflict (account_id, job_id, event_type) do update set events = known.events + excluded.events`,
    [task.accountId, task.jobId, definition.name, keptOut],
  );
}

/** True for the refusal of an insert-only page that holds a row that is there already. */
export function isDuplicateKey(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error && 'code' in cause && cause.code === '23505';
}
