import { createColumnPage } from '../../../columns/page.ts';
import { findEventDefinition } from '../../../events/catalog.ts';
import type { Filter } from '../../../marketing-cloud/request/filter.ts';
import type { Window } from '../../../store/ledger/task-ledger.ts';
import { finishTask } from '../../../store/load/checkpoints.ts';
import { eventBounds } from '../../event-bounds.ts';
import { conflictsMax, pageToCommit } from '../commit-page.ts';
import { OrderedCommits } from '../ordered-commits.ts';
import { noteUnrequested } from '../../../store/ledger/runs/unrequested.ts';
import { countUnrequested } from '../unrequested.ts';
import { betweenDates } from './filters.ts';
import type { TaskKindBehavior } from './task-kind.ts';

/** Events of one type and one job, by a window of their dates. */
export const eventsKind: TaskKindBehavior = {
  open(task, { isFromStart, now, retention, pseudonyms }) {
    const { accountId, jobId, window, eventType, isInsertOnly } = task;
    const definition = findEventDefinition(eventType);
    if (definition === undefined) throw new Error(`event type ${eventType} is not in the catalog`);
    if (window === null) throw new Error(`task ${task.taskId} of events has no window`);
    const bounds = eventBounds(definition.name, now, retention);
    const conflictsLeft = isInsertOnly && isFromStart ? conflictsMax : 0;
    const commits = new OrderedCommits({ conflictsLeft, rules: task });
    const typing = { accountId, jobId: jobId ?? undefined, ...bounds, pseudonyms };
    return {
      definition,
      filter: windowFilter({ jobId, window }),
      createPage: () => createColumnPage(definition, typing),
      ordersCommits: true,
      commitPage: async (page, requestCount, deps) => {
        const inserted = await commits.commit(pageToCommit(task, definition, page, requestCount), deps);
        const unrequested = countUnrequested(page.page, { jobId, window });
        if (unrequested > 0) await noteUnrequested(deps.pool, task, unrequested);
        return inserted;
      },
    };
  },
  finish: finishTask,
};

/** The events of a window, of one job where one is named. */
function windowFilter({ jobId, window }: { jobId: number | null; window: Window }): Filter {
  const dates = betweenDates('EventDate', window);
  return jobId === null
    ? dates
    : { and: [{ property: 'SendID', operator: 'equals', values: [jobId] }, dates] };
}
