import { isoFromMicros } from '../../columns/central-time.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import { finishWindow } from './finish-statement.ts';
import { columnArrays, insertStatement, logChanges } from './insert-rows.ts';
import type { PageToCommit } from './page-to-commit.ts';
import { type Placeholder, type Statement, writeStatement } from './statement.ts';

/** Which of the forms of the statement a page needs. */
export interface LoadForm {
  /**
   * `none`: an empty page, as most of a night are; only the ledger changes. `insert-only`: no row is expected to
   * be there, so nothing looks for conflicts, which is what costs most; a known row fails the statement.
   */
  readonly rows: 'none' | 'insert-only' | 'on-conflict';
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
const latestEventAt = ({ page: { columns } }: PageLoad) =>
  columns.latestMicros === undefined ? null : isoFromMicros(columns.latestMicros);

/**
 * The statement that commits one page: rows, log of changes and progress, all or nothing.
 *
 * It locks the task's row first, so that two owners of one task write one after the other; with a fence that
 * is no longer the task's it writes nothing.
 */
export function loadStatement(definition: EventDefinition, form: LoadForm): Statement<PageLoad> {
  const { rows, finishesWindow } = form;
  return writeStatement(nameOf(definition, form), (placeholder) => {
    const expressions = [
      `owner as materialized (\n  ${ownerRow(placeholder, finishesWindow)}\n)`,
      ...(rows === 'none'
        ? ['loaded as (\n  select where false\n)']
        : [
            `loaded as (\n  ${insertPage(definition, rows === 'insert-only', placeholder)}\n)`,
            `changed as (\n  ${logChanges(definition, 'loaded')}\n)`,
          ]),
      `progress as (\n  ${writeProgress(placeholder)}\n)`,
      ...(finishesWindow ? finishWindow('progress', placeholder(requestId)) : []),
    ];
    return `
with ${expressions.join(',\n')}
select (select count(*) from progress)::int as progressed, (select count(*) from loaded)::int as inserted`;
  });
}

function nameOf({ name }: EventDefinition, { rows, finishesWindow }: LoadForm): string {
  const end = finishesWindow ? ' and finish' : '';
  return rows === 'none' ? `load nothing${end}` : `load ${name} ${rows}${end}`;
}

/**
 * A commit that finishes a window does not wait for the disk: nothing in memory builds on it, and if Postgres
 * forgets it the window is read again. The end of the run, which waits, comes after it in the log.
 */
function ownerRow(placeholder: Placeholder<PageLoad>, finishesWindow: boolean): string {
  const quietly = finishesWindow ? `, set_config('synchronous_commit', 'off', true)` : '';
  return [
    `select id${quietly} from pipeline.extract_tasks`,
    `where id = ${placeholder(taskId)} and fence = ${placeholder(fence)} and merges_files = ${placeholder(mergesFiles)}`,
    ...(finishesWindow ? ['  and root_id = id'] : []),
    'for update',
  ].join('\n  ');
}

function insertPage(
  definition: EventDefinition,
  isInsertOnly: boolean,
  placeholder: Placeholder<PageLoad>,
): string {
  return insertStatement(definition, {
    account: placeholder(accountId),
    columns: columnArrays(definition, ({ page }: PageLoad) => page.columns, placeholder),
    condition: 'where exists (select from owner)',
    isInsertOnly,
  });
}

/** Finds the task by its number, not by a join: a plan made while the ledger was small would read all of it. */
function writeProgress(placeholder: Placeholder<PageLoad>): string {
  const last = `${placeholder(isLast)}::boolean`;
  return `update pipeline.extract_tasks as task
  set request_id = ${placeholder(requestId)},
      pages = task.pages + 1,
      records = task.records + ${placeholder(recordCount)},
      inserted = task.inserted + (select count(*) from loaded),
      rejected = task.rejected + ${placeholder(newlyRejected)},
      requests = task.requests + ${placeholder(requestCount)},
      last_event_at = greatest(task.last_event_at, ${placeholder(latestEventAt)}::timestamptz),
      triggered_send_id = coalesce(${placeholder(triggeredSendId)}::uuid, task.triggered_send_id),
      state = case when ${last} then 'done' else task.state end,
      settled_at = case when ${last} then now() else task.settled_at end,
      finished_at = case when ${last} then now() else task.finished_at end,
      updated_at = now()
  where task.id = ${placeholder(taskId)} and task.fence = ${placeholder(fence)} and exists (select from owner)
  returning task.*`;
}
