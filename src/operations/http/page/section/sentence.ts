import type { Overview } from '../../../../store/status/overview.ts';
import { isUntouched } from '../../../../store/status/report.ts';
import { program } from '../../../../invocation.ts';
import {
  completenessText,
  gateText,
  lastCompletedText,
  notAvailableTexts,
  overdueText,
  scheduleText,
} from '../../../report-text.ts';
import { accountText } from '../../../account-names.ts';
import { type Html, html } from '../html.ts';

/** The first thing that a reader sees: how far events are complete, and what happens next. */
export function sentenceSection(overview: Overview): Html {
  const problems = problemTexts(overview);
  const { completeness } = overview;
  const isWhole = completeness.completeTo !== null && completeness.holes === 0;
  const tone = problems.length > 0 ? 'bad' : isWhole ? 'good' : 'calm';
  const notes = isUntouched(overview)
    ? firstSyncNotes(overview)
    : [html`${scheduleText(overview)}`, html`${lastCompletedText(overview)}`];
  return html`<section
    id="sentence"
    data-part
    class="sentence ${tone}"
    aria-live="polite"
    aria-label="Completeness"
  >
    <h1>${completenessText(overview)}</h1>
    ${problems.map((text) => html`<p class="problem">${text}</p>`)}
    <p class="notes">${notes.map((text) => html`<span>${text}</span> `)}</p>
    ${notAvailableTexts(overview).map((text) => html`<p class="notes">${text}</p>`)}
  </section>`;
}

function problemTexts(overview: Overview): string[] {
  const { gate, accounts, housekeeping } = overview;
  const overdue = overdueText(overview);
  return [
    ...(overdue === undefined ? [] : [overdue]),
    ...(gate.state === 'closed' ? [gateText(overview)] : []),
    ...accounts
      .filter(({ state }) => state === 'refused')
      .map(
        ({ accountId, refusedReason }) =>
          `Account ${accountText(accounts, accountId)} is refused: ${refusedReason ?? ''}`,
      ),
    ...housekeeping.flatMap(({ step, failure }) =>
      failure === null ? [] : [`Housekeeping step ${step} failed: ${failure}`],
    ),
  ];
}

/** What a new installation does, and when. */
function firstSyncNotes(overview: Overview): Html[] {
  return [
    html`${scheduleText(overview)}`,
    html`The first sync discovers the jobs of each account and reads the events of those that are still open
    (JOB_LOOKBACK_DAYS).`,
    ...(overview.schedule === null ? [html`<code>${program} serve</code> runs a sync on its schedule.`] : []),
    html`<code>${program} sync</code> starts one now.`,
  ];
}
