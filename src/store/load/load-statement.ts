import pg from 'pg';
import { isoFromMicros } from '../../columns/central-time.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import { finishWindow } from './finish-statement.ts';
import { columnArrays, insertStatement, logChanges, logPage } from './insert-rows.ts';
import type { PageToCommit } from './page-to-commit.ts';
import { type Placeholder, type Statement, writeStatement, writeText } from './statement.ts';

/** Which of the forms of the statement a page needs. */
export interface LoadForm {
  /**
   * `none`: an empty page, as most of a night are; only the ledger changes. `insert-only`: no row is expected to
   * be there, so nothing looks for conflicts, which is what costs most; a known row fails the statement.
   * `insert-only of one job`: then the log of changes follows from the page, and no row is looked at for it.
   */
  readonly rows: 'none' | 'insert-only of one job' | 'insert-only' | 'on-conflict';
  /** The page settles its window: checkpoint and job follow in the same statement. */
  readonly finishesWindow: boolean;
}

/** A page, and how many of its rejected records were not known before. */
export interface PageLoad {
  readonly page: PageToCommit;
  readonly newlyRejected: number;
}

const taskId = ({ page }: PageLoad) => page.task.taskId;
const fence = ({ page }: PageLoad) => page.task.fence;
const accountId = ({ page }: PageLoad) => page.task.accountId;
const requestId = ({ page }: PageLoad) => page.requestId;
const requestCount = ({ page }: PageLoad) => page.requestCount;
const recordCount = ({ page }: PageLoad) => page.columns.recordCount;
const newlyRejected = (load: PageLoad) => load.newlyRejected;
const triggeredSendId = ({ page }: PageLoad) => page.columns.triggeredSendId ?? null;
const isLast = ({ page }: PageLoad) => page.finish !== 'nothing';
const mergesFiles = ({ page }: PageLoad) => page.mergesFiles;
const privacyVersion = ({ page }: PageLoad) => page.privacyVersion;
const pagesAhead = ({ page }: PageLoad) => page.pagesAhead ?? null;
const rowCount = ({ page }: PageLoad) => page.columns.rowCount;
const jobId = ({ page }: PageLoad) => page.columns.jobId;
const earliestEventAt = ({ page }: PageLoad) => isoOrNull(page.columns.earliestMicros);
const latestEventAt = ({ page }: PageLoad) => isoOrNull(page.columns.latestMicros);
const isoOrNull = (micros: number | undefined) => (micros === undefined ? null : isoFromMicros(micros));

/**
 * The statement that commits one page: rows, log of changes and progress, all or nothing.
 *
 * It locks the task's row first, so that two owners of one task write one after the other; with a fence that
 * is no longer the task's it writes nothing.
 */
export function loadStatement(definition: EventDefinition, form: LoadForm): Statement<PageLoad> {
  const { rows, finishesWindow } = form;
  return writeStatement(nameOf(definition, form), (placeholder) => {
    const insertedCount =
      rows === 'insert-only of one job'
        ? `(select count(*) * ${placeholder(rowCount)}::bigint from owner)`
        : '(select count(*) from loaded)';
    const expressions = [
      ...ownerRow(placeholder, finishesWindow),
      ...loadedRows(definition, rows, placeholder),
      `progress as (\n  ${writeProgress(placeholder, insertedCount)} and exists (select from owner)\n  returning task.*\n)`,
      ...(finishesWindow ? finishWindow('progress', placeholder(requestId)) : []),
    ];
    return `
with ${expressions.join(',\n')}
select (select pages from progress) as pages, ${insertedCount}::int as inserted`;
  });
}

/**
 * The statements that commit one page of new rows of one job by COPY, which reads them after its own statement
 * (`binaryRowsOf`). They return the pages of the task that are committed then, and are to be sent as one text: then they are one transaction.
 *
 * Where a statement would write nothing, the first one fails by a division by zero (`isWithoutOwner`), which
 * ends the transaction.
 */
export function copyStatements(definition: EventDefinition, load: PageLoad): string {
  const { table, columns } = definition;
  return writeText(load, (literal) => {
    const statements = [
      `with ${ownerRow(literal, false).join(',\n')}\nselect 1 / count(*) from owner`,
      `copy tracking.${table} (account_id, ${Object.keys(columns).join(', ')}) from stdin (format binary)`,
      logPage(definition, boundsOf(literal)),
      `${writeProgress(literal, literal(rowCount))}\n  returning task.pages`,
    ];
    return statements.join(';\n');
  });
}

/** Whether copying failed because another owner has the task. */
export function isWithoutOwner(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '22012';
}

function nameOf({ name }: EventDefinition, { rows, finishesWindow }: LoadForm): string {
  const end = finishesWindow ? ' and finish' : '';
  return rows === 'none' ? `load nothing${end}` : `load ${name} ${rows}${end}`;
}

/**
 * A commit that finishes a window does not wait for the disk: nothing in memory builds on it, and if Postgres
 * forgets it the window is read again. The end of the run, which waits, comes after it in the log.
 */
function ownerRow(placeholder: Placeholder<PageLoad>, finishesWindow: boolean): string[] {
  const quietly = finishesWindow ? `, set_config('synchronous_commit', 'off', true)` : '';
  const locked = [
    `select id, pages${quietly} from pipeline.extract_tasks`,
    `where id = ${placeholder(taskId)} and fence = ${placeholder(fence)} and merges_files = ${placeholder(mergesFiles)}`,
    `  and privacy_version = ${placeholder(privacyVersion)}`,
    ...(finishesWindow ? ['  and root_id = id'] : []),
    'for update',
  ].join('\n  ');
  // The pages are compared once the row is locked: then those that were committed while this one waited count.
  return [
    `locked as materialized (\n  ${locked}\n)`,
    `owner as materialized (\n  select id from locked where pages = coalesce(${placeholder(pagesAhead)}::integer, pages)\n)`,
  ];
}

/** Rows and log of changes. */
function loadedRows(
  definition: EventDefinition,
  rows: LoadForm['rows'],
  placeholder: Placeholder<PageLoad>,
): string[] {
  if (rows === 'none') return ['loaded as (\n  select where false\n)'];

  const isOfOneJob = rows === 'insert-only of one job';
  const insert = insertStatement(definition, {
    account: placeholder(accountId),
    columns: columnArrays(definition, ({ page }: PageLoad) => page.columns, placeholder),
    condition: 'where exists (select from owner)',
    isInsertOnly: rows !== 'on-conflict',
    isSilent: isOfOneJob,
  });
  const log = isOfOneJob
    ? `${logPage(definition, boundsOf(placeholder))}\n  from owner`
    : logChanges(definition, 'loaded');
  return [`loaded as (\n  ${insert}\n)`, `changed as (\n  ${log}\n)`];
}

function boundsOf(placeholder: Placeholder<PageLoad>) {
  return {
    ...{ account: placeholder(accountId), job: placeholder(jobId) },
    ...{ firstAt: placeholder(earliestEventAt), lastAt: placeholder(latestEventAt) },
  };
}

/** Finds the task by its number, not by a join: a plan made while the ledger was small would read all of it. */
function writeProgress(placeholder: Placeholder<PageLoad>, insertedCount: string): string {
  const last = `${placeholder(isLast)}::boolean`;
  return `update pipeline.extract_tasks as task
  set request_id = ${placeholder(requestId)},
      pages = task.pages + 1,
      records = task.records + ${placeholder(recordCount)},
      inserted = task.inserted + ${insertedCount},
      rejected = task.rejected + ${placeholder(newlyRejected)},
      requests = task.requests + ${placeholder(requestCount)},
      last_event_at = greatest(task.last_event_at, ${placeholder(latestEventAt)}::timestamptz),
      triggered_send_id = coalesce(${placeholder(triggeredSendId)}::uuid, task.triggered_send_id),
      state = case when ${last} then 'done' else task.state end,
      settled_at = case when ${last} then now() else task.settled_at end,
      finished_at = case when ${last} then now() else task.finished_at end,
      updated_at = now()
  where task.id = ${placeholder(taskId)} and task.fence = ${placeholder(fence)}`;
}
