import { program } from '../../../../invocation.ts';
import type { RunDetail } from '../../../../store/status/detail/run-detail.ts';
import { humanCount, humanDuration } from '../../../format.ts';
import { type Html, html } from '../html.ts';
import { instant, renderPage, section } from '../layout.ts';
import { outcomePill } from '../pill.ts';
import { facts, table } from '../table.ts';
import { taskTable } from './task-rows.ts';

/** A run: what it brought by event type, and its tasks. */
export function renderRun({ run, tasks, taskCount }: RunDetail, readAt: Date): string {
  const name = `${run.kind} ${run.runId}`;
  const endedAt = run.finishedAt ?? (run.outcome === null ? readAt : null);
  return renderPage({
    title: `${name} – sfmc-tracking`,
    readAt,
    body: html`<p class="crumbs"><a href="/">Status</a></p>
      <section id="facts" data-part class="sentence">
        <h1>Run: ${name}</h1>
        ${facts([
          ['Outcome', outcomePill(run.outcome)],
          ['Started', instant(run.startedAt, 'second')],
          ['Duration', endedAt === null ? null : humanDuration(endedAt.getTime() - run.startedAt.getTime())],
          ['Requests', run.requests],
          ['Tasks done', run.tasks.done],
          ['Tasks parked', run.tasks.parked],
        ])}
      </section>
      ${section('counts', 'What it brought', countsTable(run))}
      ${section(
        'tasks',
        tasks.length < taskCount ? `Tasks, ${humanCount(tasks.length)} of ${humanCount(taskCount)}` : 'Tasks',
        tasks.length === 0
          ? html`<p>No task of it is in the ledger any more.</p>`
          : taskTable(`Tasks of ${name}`, tasks),
        [`${program} tasks`, `select * from pipeline.extract_tasks where run_id = ${run.runId}`],
      )}`,
  });
}

function countsTable({ events, dimensions }: RunDetail['run']): Html {
  const titles = ['Records read', 'New', 'Rejected'].map((title) => ({ title, isNumber: true }));
  return table(
    'Counts by event type and dimension',
    [{ title: 'Events' }, ...titles],
    Object.entries({ ...events, ...dimensions }).map(([name, { records, inserted, rejected }]) => [
      ...[name, records, inserted, rejected],
    ]),
  );
}
