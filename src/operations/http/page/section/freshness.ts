import { program } from '../../../../invocation.ts';
import type { EventTypeStatus } from '../../../../store/status/event-types.ts';
import type { StatusReport } from '../../../../store/status/report.ts';
import { humanCount, humanDuration } from '../../../format.ts';
import { type Html, html } from '../html.ts';
import { instant, section } from '../layout.ts';
import { pill } from '../pill.ts';

/** Accounts and their event types: how far each is complete. */
export function freshnessSection(report: Pick<StatusReport, 'eventTypes' | 'accounts'>): Html | undefined {
  if (report.eventTypes.length === 0) return undefined;
  const accountIds = [...new Set(report.eventTypes.map(({ accountId }) => accountId))];
  return section(
    'freshness',
    'How far each event type is complete',
    html`<div class="cards">${accountIds.map((accountId) => accountCard(report, accountId))}</div>`,
    [`${program} status`, 'select * from bi.freshness'],
  );
}

function accountCard(
  { eventTypes, accounts }: Pick<StatusReport, 'eventTypes' | 'accounts'>,
  id: number,
): Html {
  const state = accounts.find(({ accountId }) => accountId === id)?.state ?? 'active';
  return html`<article class="card">
    <h3>
      <a href="/accounts/${id}">Account ${id}</a> ${
        state === 'active' ? undefined : pill(state, state === 'refused' ? 'bad' : 'calm')
      }
    </h3>
    <ul class="types">
      ${eventTypes.filter(({ accountId }) => accountId === id).map(typeItem)}
    </ul>
  </article>`;
}

function typeItem(row: EventTypeStatus): Html {
  const { eventType, completeTo, watermark, lagSeconds, holes, openTasks, rejectedRecords } = row;
  const marks = [
    ...(holes > 0 ? [pill(countOf(holes, 'hole'), 'bad')] : []),
    ...(row.parkedTasks > holes ? [pill(`${humanCount(row.parkedTasks)} parked`, 'bad')] : []),
    ...(rejectedRecords > 0 ? [pill(`${humanCount(rejectedRecords)} rejected`, 'warn')] : []),
    ...(openTasks > 0 ? [pill(countOf(openTasks, 'open task'), 'busy')] : []),
  ];
  const behind =
    lagSeconds === null || watermark === null
      ? 'no open job'
      : `watermark ${humanDuration(lagSeconds * 1000)} behind`;
  return html`<li class="type-${eventType}">
    <h4>${eventType}</h4>
    <p>${completeTo === null ? html`<span class="none">no date to give</span>` : instant(completeTo)}</p>
    <p class="small">${behind}</p>
    ${marks.length === 0 ? undefined : html`<p class="marks">${marks}</p>`}
  </li>`;
}

function countOf(count: number, noun: string): string {
  return `${humanCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
