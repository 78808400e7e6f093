import { createColumnPage } from '../../../columns/page.ts';
import { findEventDefinition } from '../../../events/catalog.ts';
import type { Filter } from '../../../marketing-cloud/request/filter.ts';
import { noteUnrequested } from '../../../store/ledger/runs/unrequested.ts';
import type { OwnedTask, Window } from '../../../store/ledger/task-ledger.ts';
import { finishTail } from '../../../store/tail/finish-tail.ts';
import { eventBounds } from '../../event-bounds.ts';
import { commitPage, pageToCommit } from '../commit-page.ts';
import { countUnrequested } from '../unrequested.ts';
import { betweenDates } from './filters.ts';
import type { TaskKindBehavior } from './task-kind.ts';

/** Events of one type and of many jobs, by a window of their dates and the filter of a rung. */
export const tailKind: TaskKindBehavior = {
  open(task, { now, retention, pseudonyms }) {
    const { accountId, window, eventType } = task;
    const definition = findEventDefinition(eventType);
    if (definition === undefined) throw new Error(`event type ${eventType} is not in the catalog`);
    if (window === null) throw new Error(`task ${task.taskId} of the tail has no window`);
    const bounds = eventBounds(definition.name, now, retention);
    const insertMode = { conflictsLeft: 0, rules: task };
    return {
      definition,
      filter: tailFilter(task, window),
      createPage: () => createColumnPage(definition, { accountId, jobId: undefined, ...bounds, pseudonyms }),
      commitPage: async (page, requestCount, deps) => {
        const toCommit = pageToCommit(task, definition, page, requestCount);
        const { insertedCount } = await commitPage(toCommit, deps, insertMode);
        const unrequested = countUnrequested(page.page, { jobId: null, window });
        if (unrequested > 0) await noteUnrequested(deps.pool, task, unrequested);
        return insertedCount;
      },
    };
  },
  finish: finishTail,
};

function tailFilter({ taskId, rung, belowJobId, jobIds, definitionId }: OwnedTask, window: Window): Filter {
  const dates = betweenDates('EventDate', window);
  if (rung === 2) return dates;
  if (rung === 1 && belowJobId != null)
    return { and: [{ property: 'SendID', operator: 'lessThan', values: [belowJobId] }, dates] };
  if (rung === 3 && jobIds !== null) {
    const operator = jobIds.length === 1 ? 'equals' : 'IN';
    return { and: [{ property: 'SendID', operator, values: jobIds }, dates] };
  }
  if (rung === 4 && definitionId != null) {
    const property = 'TriggeredSendDefinitionObjectID';
    return { and: [{ property, operator: 'equals', values: [definitionId] }, dates] };
  }
  throw new Error(`task ${taskId} of the tail has no filter for rung ${rung ?? ''}`);
}
