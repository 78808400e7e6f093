import type { EventDefinition } from '../../events/define-event.ts';
import { isoFromMicros } from '../../columns/central-time.ts';
import type { PageColumns } from '../../columns/page.ts';
import { binaryArrayOf } from './binary-arrays.ts';
import { firstHole, moveCheckpoint, touchJobFrom } from './checkpoints.ts';
import type { Queryable } from '../pool.ts';
import { insertStatement, logChange } from './insert-rows.ts';

export interface LoadTarget {
  readonly definition: EventDefinition;
  readonly accountId: number;
  readonly taskId: number | string;
  /** The fence the task was taken with. */
  readonly fence: number;
  /** RequestID of the answer this page came in. */
  readonly requestId: string | null;
  readonly isLast: boolean;
  /** Records of this page that were set aside for the first time. */
  readonly newlyRejectedCount: number;
  /** Requests made for this page. */
  readonly requestCount: number;
  /**
   * No row of the page is expected to be there: it is loaded without looking for conflicts, which is what
   * costs most. A row that is there all the same fails the statement (`isDuplicateKey`); then without this.
   */
  readonly isInsertOnly: boolean;
  /**
   * The page is the last of a planned window of sync that is this one task: checkpoint and job follow in
   * the same statement. Most windows of a nightly run are of this kind. Its commit does not wait for the
   * disk: nothing in memory builds on it, and if Postgres forgets it the window is read again. The run's
   * own end, which waits, comes after it in the log.
   */
  readonly finishes?: { readonly jobId: number } | undefined;
}

export interface LoadedPage {
  /** False: another owner has the task, and nothing was written. */
  readonly progressed: boolean;
  /** Rows that were not there before. */
  readonly insertedCount: number;
}

export interface EventLoader {
  loadPage(client: Queryable, page: PageColumns, target: LoadTarget): Promise<LoadedPage>;
}

/**
 * Loads pages: the rows of one page and the progress of its task in one statement, both or neither.
 *
 * Rows that are there already stay as they are. A fence that is no longer the task's writes nothing.
 * The months of the page exist before (`partitions.ts`).
 */
export function createEventLoader(): EventLoader {
  const statements = new Map<string, string>();

  return {
    async loadPage(client, page, target) {
      const { definition } = target;
      const form: StatementForm = {
        isEmpty: page.rowCount === 0,
        isInsertOnly: page.rowCount > 0 && target.isInsertOnly,
        isFinal: target.finishes !== undefined,
      };
      const name = statementName(definition, form);
      const text = statements.get(name) ?? loadStatement(definition, form);
      statements.set(name, text);
      const { rows } = await client.query<{ progressed: number; inserted: number }>({
        // Prepared once per connection: planning would cost a small page more than loading it.
        name,
        text,
        values: parametersOf(page, target),
      });
      return { progressed: rows[0]?.progressed === 1, insertedCount: rows[0]?.inserted ?? 0 };
    },
  };
}

/** Which of its parts a load needs. */
interface StatementForm {
  /** No rows: most pages of a night hold none, and only the ledger has to know. */
  readonly isEmpty: boolean;
  readonly isInsertOnly: boolean;
  readonly isFinal: boolean;
}

function statementName(
  { table }: EventDefinition,
  { isEmpty, isInsertOnly, isFinal }: StatementForm,
): string {
  const form = `${isInsertOnly ? '_fresh' : ''}${isFinal ? '_final' : ''}`;
  return isEmpty ? `load_nothing${form}` : `load${form}_${table}`;
}

function parametersOf(page: PageColumns, target: LoadTarget): unknown[] {
  const { taskId, fence, requestId, newlyRejectedCount, isLast, accountId, requestCount, finishes } = target;
  const latest = page.latestMicros === undefined ? null : isoFromMicros(page.latestMicros);
  const triggeredSendId = page.triggeredSendId ?? null;
  return [
    ...[taskId, fence, requestId, page.recordCount, newlyRejectedCount, latest, triggeredSendId, isLast],
    accountId,
    requestCount,
    ...(finishes === undefined ? [] : [finishes.jobId, target.definition.name]),
    ...(page.rowCount === 0
      ? []
      : Array.from(page.columns.values(), (column) => binaryArrayOf(column, page.rowCount))),
  ];
}

/** Takes the owner's row first, so that two owners of one task write one after the other. */
function loadStatement(
  definition: EventDefinition,
  { isEmpty, isInsertOnly, isFinal }: StatementForm,
): string {
  const at = {
    account: 9,
    arrays: isFinal ? 13 : 11,
    where: 'where exists (select from owner)',
    isInsertOnly,
  };
  const loading = `${insertStatement(definition, at)} returning account_id, job_id, occurred_at`;
  return `
    with owner as materialized (
      select id${isFinal ? `, set_config('synchronous_commit', 'off', true)` : ''} from pipeline.extract_tasks
      where id = $1 and fence = $2 ${isFinal ? 'and root_id = $1' : ''} for update
    ),
    loaded as (
      ${isEmpty ? 'select $9::bigint where false' : loading}
    ),
    root as (
      update pipeline.extract_tasks as task
      set request_id = $3,
          pages = task.pages + 1,
          records = task.records + $4,
          inserted = task.inserted + (select count(*) from loaded),
          rejected = task.rejected + $5,
          requests = task.requests + $10,
          last_event_at = greatest(task.last_event_at, $6::timestamptz),
          triggered_send_id = coalesce($7::uuid, task.triggered_send_id),
          state = case when $8::boolean then 'done' else task.state end,
          settled_at = case when $8::boolean then now() else task.settled_at end,
          finished_at = case when $8::boolean then now() else task.finished_at end,
          updated_at = now()
      -- By its number, not by a join with the owner: a plan made while the ledger was small would read all of it.
      where task.id = $1 and task.fence = $2 and exists (select from owner)
      returning task.account_id, task.job_id, task.last_event_at, task.triggered_send_id, task.records,
                task.window_from, task.window_to, true as is_settled,
                case when task.is_whole then task.created_at end as whole_read_at
    )${
      isEmpty
        ? ''
        : `,
    changed as (${logChange(definition)})`
    }${isFinal ? finishing : ''}
    select (select count(*) from root)::int as progressed, (select count(*) from loaded)::int as inserted`;
}

const finishingAt = { account: '$9', job: '$11::bigint', eventType: '$12::text', requestId: '$3' };

/** What follows from the last page of a planned window that is one task, in the same statement. */
const finishing = `,
    touched as (${touchJobFrom('root where true')}),
    ${firstHole(finishingAt, { finishing: '$1' })},
    marked as (${moveCheckpoint(finishingAt)})`;

/** True for the refusal of a page that was taken for fresh and holds a row that is there already. */
export function isDuplicateKey(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error && 'code' in cause && cause.code === '23505';
}
