import type { RejectedRecord } from '../../../columns/page-builder.ts';
import { createColumnPage, type PageColumns } from '../../../columns/page.ts';
import { findDimension } from '../../../dimensions/catalog.ts';
import type { DimensionDefinition } from '../../../dimensions/define-dimension.ts';
import { OwnershipLostError } from '../../../errors.ts';
import { requestedProperties } from '../../../events/define-event.ts';
import type { Filter } from '../../../marketing-cloud/request/filter.ts';
import type { RetrievePage } from '../../../marketing-cloud/retrieve.ts';
import { recordClockOffset } from '../../../store/accounts.ts';
import { writeDimensionPage } from '../../../store/dimension.ts';
import { addStubJobs } from '../../../store/jobs.ts';
import { finishReading } from '../../../store/planning/discovery.ts';
import type { OwnedTask, TaskScope } from '../../../store/ledger/task-ledger.ts';
import { keepRejected } from '../../../store/load/rejected-records.ts';
import { inTransaction, type Queryable } from '../../../store/connection/pool.ts';
import { rejectedText } from '../../rejected-text.ts';
import { betweenDates } from './filters.ts';
import type { TaskKindBehavior } from './task-kind.ts';

/** Rows of a dimension: by a window of their modification date, for a list of jobs, or all. */
export const dimensionKind: TaskKindBehavior = {
  open(task, { pseudonyms }) {
    const definition = findDimension(task.eventType);
    if (definition === undefined) throw new Error(`dimension ${task.eventType} is not in the catalog`);
    const { accountId } = task;
    return {
      definition,
      filter: dimensionFilter(definition, task),
      createPage: () => createColumnPage(definition, { accountId, jobId: undefined, pseudonyms }),
      commitPage: (page, requestCount, deps) =>
        inTransaction(deps.pool, (tx) => commitPage(tx, { task, definition, page, requestCount })),
    };
  },
  finish: (tx, task) => finishReading(tx, task),
};

/** Undefined where the task reads every object of the type. */
function dimensionFilter(
  { name, filters }: Pick<DimensionDefinition, 'name' | 'filters'>,
  { window, jobIds }: TaskScope,
): Filter | undefined {
  if (window !== null && filters.window !== undefined) return betweenDates(filters.window, window);
  if (jobIds !== null && filters.jobIds !== undefined)
    return { property: filters.jobIds, operator: jobIds.length === 1 ? 'equals' : 'IN', values: jobIds };

  if (window !== null || jobIds !== null) throw new Error(`dimension ${name} cannot be read by this filter`);
  return undefined;
}

interface ArrivedPage {
  readonly task: OwnedTask;
  readonly definition: DimensionDefinition;
  readonly page: RetrievePage<PageColumns>;
  readonly requestCount: number;
}

async function commitPage(
  tx: Queryable,
  { task, definition, page: arrived, requestCount }: ArrivedPage,
): Promise<number> {
  const { page, requestId = null, isLast, serverTime } = arrived;
  const { accountId, jobId, taskId, fence, runId } = task;
  const records = page.rejected.map((record) => rejectedText(definition, record));
  const rejected = { accountId, jobId, eventType: definition.name, runId, records };
  const newlyRejectedCount = await keepRejected(tx, rejected);
  await addStubs(tx, definition, accountId, page.rejected);
  const { progressed, insertedCount } = await writeDimensionPage(tx, {
    ...{ definition, page, accountId, taskId, fence, requestId, isLast, newlyRejectedCount, requestCount },
  });
  if (!progressed) throw new OwnershipLostError('another worker owns the task', { taskId, fence });
  if (serverTime !== undefined) await recordClockOffset(tx, accountId, serverTime);

  if (isLast) await finishReading(tx, task);
  return insertedCount;
}

/** Jobs whose Send could not be read become stubs by their JobID, so that their events are requested all the same. */
function addStubs(
  tx: Queryable,
  definition: DimensionDefinition,
  accountId: number,
  rejected: readonly RejectedRecord[],
): Promise<void> {
  if (definition.stubKey === undefined) return Promise.resolve();
  const property = definition.columns[definition.stubKey]?.property ?? '';
  const slot = requestedProperties(definition).indexOf(property);
  const jobIds = rejected.map(({ values }) => Number(values[slot]));
  return addStubJobs(
    tx,
    accountId,
    jobIds.filter((id) => Number.isSafeInteger(id) && id > 0),
  );
}
