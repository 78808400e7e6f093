import type { TaskLine } from '../../../../store/status/detail/run-detail.ts';
import { html } from '../html.ts';
import { instant } from '../layout.ts';
import { statePill } from '../pill.ts';
import { type Cell, table } from '../table.ts';

/** Tasks as a table, each with a way to its own page. */
export function taskTable(caption: string, tasks: readonly TaskLine[]) {
  return table(
    caption,
    [
      ...[{ title: 'Task' }, { title: 'State' }, { title: 'Events' }, { title: 'Window' }],
      ...['Pages', 'Records', 'New', 'Requests'].map((title) => ({ title, isNumber: true })),
      { title: 'Error' },
    ],
    tasks.map(taskRow),
  );
}

function taskRow(task: TaskLine): Cell[] {
  const { id, accountId, jobId, eventType, state, from, to } = task;
  return [
    html`<a href="/tasks/${id}">${id}</a>`,
    statePill(state),
    jobId === null ? eventType : html`${eventType} of <a href="/jobs/${accountId}/${jobId}">job ${jobId}</a>`,
    from === null ? null : html`${instant(from)} to ${instant(to)}`,
    ...[task.pages, task.records, task.inserted, task.requests],
    task.errorCode,
  ];
}
