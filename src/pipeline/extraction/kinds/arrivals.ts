import { createColumnPage } from '../../../columns/page.ts';
import { findEventDefinition } from '../../../events/catalog.ts';
import type { Filter } from '../../../marketing-cloud/request/filter.ts';
import { noteArrivalsRead } from '../../../store/tail/arrivals.ts';
import { eventBounds } from '../../event-bounds.ts';
import { commitPage, pageToCommit } from '../commit-page.ts';
import type { TaskKindBehavior } from './task-kind.ts';

/** Marketing Cloud: the mark belongs to the request's filter and properties, so this never changes. */
const everyEvent: Filter = {
  property: 'EventDate',
  operator: 'greaterThan',
  values: [new Date('2000-01-01T00:00:00Z')],
};

/** Without a mark the source returns all that it has: these pages set the mark, and the rest is left. */
const firstPagesMax = 2;

/** Arrivals of a night, at most: a hundred thousand at the usual size of a page. */
const pagesMax = 40;

/**
 * Events of one type that arrived since they were last requested, whatever their date.
 *
 * Marketing Cloud moves its mark when it responds, not when a page is committed: a lost response loses what was in it.
 * So nothing follows from these events but that they are loaded, and no window relies on them.
 */
export const arrivalsKind: TaskKindBehavior = {
  open(task, { now, retention, pseudonyms }) {
    const { accountId, eventType } = task;
    const definition = findEventDefinition(eventType);
    if (definition === undefined) throw new Error(`event type ${eventType} is not in the catalog`);
    const bounds = eventBounds(definition.name, now, retention);
    return {
      definition,
      filter: everyEvent,
      isOfArrivals: true,
      pagesMax: task.isFirstOfArrivals === true ? firstPagesMax : pagesMax,
      createPage: () => createColumnPage(definition, { accountId, jobId: undefined, ...bounds, pseudonyms }),
      commitPage: async (page, requestCount, deps) => {
        const toCommit = pageToCommit(task, definition, page, requestCount);
        const { insertedCount } = await commitPage(toCommit, deps, { conflictsLeft: 0, rules: task });
        await noteArrivalsRead(deps.pool, task);
        return insertedCount;
      },
    };
  },
  finish: () => Promise.resolve(),
};
