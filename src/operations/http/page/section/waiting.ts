import { program } from '../../../../invocation.ts';
import { errorCodes } from '../../../../errors.ts';
import { errorPolicy } from '../../../../pipeline/policy/error-policy.ts';
import type { Overview } from '../../../../store/status/overview.ts';
import { accountText } from '../../../account-names.ts';
import { humanCount } from '../../../format.ts';
import { type Html, html } from '../html.ts';
import { instant, section } from '../layout.ts';
import { table } from '../table.ts';

/** Parked tasks and rejected records: what waits for a person, why, and what to do. */
export function waitingSection(overview: Overview): Html | undefined {
  const { parked, rejected, eventTypes } = overview;
  if (parked.length + rejected.length === 0) return undefined;
  const parkedCount = eventTypes.reduce((sum, { parkedTasks }) => sum + parkedTasks, 0);
  const rejectedCount = eventTypes.reduce((sum, { rejectedRecords }) => sum + rejectedRecords, 0);
  return section(
    'waiting',
    'Waiting for a person',
    html`${parked.length === 0 ? undefined : parkedTable(overview, Math.max(parkedCount, parked.length))}${
      rejected.length === 0 ? undefined : rejectedTable(rejected, Math.max(rejectedCount, rejected.length))
    }`,
    [`${program} tasks --parked`, `${program} rejected`],
  );
}

function parkedTable({ parked, accounts }: Overview, count: number): Html {
  return html`<h3>${humanCount(count)} parked ${count === 1 ? 'task' : 'tasks'}</h3>
    ${table(
      'Parked tasks',
      [
        { title: 'Task' },
        { title: 'Events' },
        { title: 'Window' },
        { title: 'Why' },
        { title: 'What to do' },
      ],
      parked.map((task) => [
        html`<a href="/tasks/${task.id}">${task.id}</a>`,
        task.jobId === null
          ? `${task.eventType} of account ${accountText(accounts, task.accountId)}`
          : html`${task.eventType} of <a href="/jobs/${task.accountId}/${task.jobId}">job ${task.jobId}</a>`,
        html`${instant(task.from)} to ${instant(task.to)}`,
        `${task.errorCode ?? 'unknown'}: ${task.errorMessage ?? ''}`,
        adviceOn(task.errorCode),
      ]),
    )}`;
}

/** What a person can do about a task that stopped with this code. */
export function adviceOn(code: string | null): string | null {
  const known = errorCodes.find((one) => one === code);
  return known === undefined ? null : errorPolicy[known].advice;
}

function rejectedTable(rejected: Overview['rejected'], count: number): Html {
  return html`<h3>${humanCount(count)} rejected ${count === 1 ? 'record' : 'records'}</h3>
    ${table(
      'Rejected records',
      [{ title: 'Record' }, { title: 'Events' }, { title: 'Last seen' }, { title: 'Why' }],
      rejected.map((record) => [
        String(record.id),
        record.jobId === null
          ? record.eventType
          : html`${record.eventType} of
              <a href="/jobs/${record.accountId}/${record.jobId}">job ${record.jobId}</a>`,
        instant(record.lastSeenAt),
        record.reason,
      ]),
    )}
    <p class="small">
      After a fix: <code>${program} rejected replay</code>. Of no use:
      <code>${program} rejected dismiss</code>.
    </p>`;
}
