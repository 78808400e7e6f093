import { program } from '../../../../invocation.ts';
import { findEventDefinition } from '../../../../events/catalog.ts';
import type { EventTypeStatus } from '../../../../store/status/coverage/event-types.ts';
import type { StatusReport } from '../../../../store/status/report.ts';
import { accountText } from '../../../account-names.ts';
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
  const rows = eventTypes.filter(({ accountId }) => accountId === id);
  const ofEvents = rows.filter(({ eventType }) => findEventDefinition(eventType) !== undefined);
  // Dimensions have tasks and rejected records, but nothing to be complete.
  const others = rows.filter((row) => !ofEvents.includes(row) && marksOf(row).length > 0);
  const state = accounts.find(({ accountId }) => accountId === id)?.state ?? 'active';
  return html`<article class="card">
    <h3>
      <a href="/accounts/${id}">Account ${accountText(accounts, id)}</a> ${
        state === 'active' ? undefined : pill(state, state === 'refused' ? 'bad' : 'calm')
      }
    </h3>
    <ul class="types">
      ${ofEvents.map(typeItem)}
    </ul>
    ${
      others.length === 0
        ? undefined
        : html`<ul class="marks">
            ${others.map((row) => html`<li>${row.eventType} ${marksOf(row)}</li>`)}
          </ul>`
    }
  </article>`;
}

function typeItem(row: EventTypeStatus): Html {
  const { eventType, completeTo, watermark, lagSeconds } = row;
  const marks = marksOf(row);
  const behind =
    lagSeconds === null || watermark === null ? 'no open job' : `${humanDuration(lagSeconds * 1000)} behind`;
  return html`<li class="type-${eventType}">
    <h4>${eventType}</h4>
    <p>${completeTo === null ? html`<span class="none">not complete yet</span>` : instant(completeTo)}</p>
    <p class="small">${behind}</p>
    ${marks.length === 0 ? undefined : html`<p class="marks">${marks}</p>`}
  </li>`;
}

function marksOf({ holes, parkedTasks, rejectedRecords, openTasks }: EventTypeStatus): Html[] {
  return [
    ...(holes > 0 ? [pill(countOf(holes, 'hole'), 'bad')] : []),
    ...(parkedTasks > holes ? [pill(`${humanCount(parkedTasks)} parked`, 'bad')] : []),
    ...(rejectedRecords > 0 ? [pill(`${humanCount(rejectedRecords)} rejected`, 'warn')] : []),
    ...(openTasks > 0 ? [pill(countOf(openTasks, 'open task'), 'busy')] : []),
  ];
}

function countOf(count: number, noun: string): string {
  return `${humanCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
