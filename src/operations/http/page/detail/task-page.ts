import { program } from '../../../../invocation.ts';
import { accountText } from '../../../account-names.ts';
import type { TaskDetail } from '../../../../store/status/detail/task-detail.ts';
import { type Html, html } from '../html.ts';
import { instant, renderPage, section } from '../layout.ts';
import { statePill } from '../pill.ts';
import { facts } from '../table.ts';
import { adviceOn } from '../section/waiting.ts';
import { taskTable } from './task-rows.ts';

/** One task: its window, its pages, its failures and its parts. */
export function renderTask({ task, parts }: TaskDetail, readAt: Date): string {
  const { id, accountId, jobId, runId, parentId } = task;
  return renderPage({
    title: `Task ${id} – sfmc-tracking`,
    readAt,
    body: html`<p class="crumbs">
        <a href="/">Status</a>${
          runId === null ? undefined : html` › <a href="/runs/${runId}">run ${runId}</a>`
        }${parentId === null ? undefined : html` › <a href="/tasks/${parentId}">task ${parentId}</a>`}
      </p>
      <section id="facts" data-part class="sentence">
        <h1>Task ${id}: ${task.eventType}</h1>
        ${facts([
          ['State', statePill(task.state)],
          [
            'Account',
            html`<a href="/accounts/${accountId}"
              >${accountText([{ accountId, name: task.accountName }], accountId)}</a
            >`,
          ],
          ['Job', jobId === null ? null : html`<a href="/jobs/${accountId}/${jobId}">${jobId}</a>`],
          ['Window', task.from === null ? null : html`${instant(task.from)} to ${instant(task.to)}`],
          ['Origin', task.origin.replaceAll('_', ' ')],
          ['Planned', instant(task.createdAt, 'second')],
          ['Settled', instant(task.settledAt, 'second')],
        ])}
      </section>
      ${section(
        'pages',
        'Pages',
        facts([
          ...([
            ['Pages committed', task.pages],
            ['Records read', task.records],
            ['New events', task.inserted],
            ['Rejected', task.rejected],
          ] as const),
          ...([
            ['Requests', task.requests],
            ['Attempts', task.attempts],
            ['Restarts', task.restarts],
            ['RequestID of the last page', task.requestId],
          ] as const),
        ]),
        [`select * from pipeline.extract_tasks where id = ${id}`],
      )}
      ${errorSection(task)}
      ${parts.length === 0 ? undefined : section('parts', 'Parts', taskTable(`Parts of task ${id}`, parts))}`,
  });
}

function errorSection(task: TaskDetail['task']): Html | undefined {
  const { errorCode, errorMessage, failure, acceptedBy, acceptedReason, id, state } = task;
  if (errorCode === null && acceptedBy === null) return undefined;
  return section(
    'error',
    'Last failure',
    html`${facts([
      ['Code', errorCode],
      ['Message', errorMessage],
      ['What to do', state === 'parked' ? adviceOn(errorCode) : null],
      ...Object.entries(failure ?? {}).map(([name, value]) => [name, String(value)] as const),
      ...(acceptedBy === null ? [] : ([['Accepted by', `${acceptedBy}: ${acceptedReason ?? ''}`]] as const)),
    ])}`,
    state === 'parked' ? [`${program} tasks retry ${id}`, `${program} tasks accept ${id} --reason "…"`] : [],
  );
}
