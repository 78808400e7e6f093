import { program } from '../../../../invocation.ts';
import type { StatusReport } from '../../../../store/status/report.ts';
import { accountText } from '../../../account-names.ts';
import { humanInstant } from '../../../format.ts';
import { rungTexts, tailTexts, tailWay } from '../../../report-text.ts';
import { type Html, html } from '../html.ts';
import { instant, section } from '../layout.ts';
import { pill } from '../pill.ts';
import { table } from '../table.ts';

type Tail = StatusReport['tails'][number];
type TailReport = Pick<StatusReport, 'tails' | 'tailsOff' | 'accounts'>;

/** A longer table stays folded: more than two accounts with all event types. */
const rowsShown = 18;

/** A filter that failed is tried again after this time. */
const retryMs = 30 * 24 * 60 * 60 * 1000;

/**
 * How old jobs are read: by which filter, how far, which jobs have to catch up, and what does not work. The table is
 * unfolded where there is something to see in it.
 */
export function tailSection(report: TailReport): Html | undefined {
  const { tails, tailsOff } = report;
  if (tails.length + tailsOff.length === 0) return undefined;
  const isOpen = tails.length <= rowsShown && (tailsOff.length > 0 || !tails.every(isPlain));
  return section(
    'tail',
    'How old jobs are read',
    html`${tailTexts(report).map((text) => html`<p class="small">${text}</p>`)}
    ${
      tails.length === 0
        ? undefined
        : html`<details ${isOpen ? html`open` : undefined}>
            <summary>Each event type</summary>
            ${tailTable(report)}
          </details>`
    }`,
    [`${program} status`, 'select * from pipeline.tails'],
  );
}

/** Read by date, with nothing to say beside it. */
function isPlain({ rung, jobsCatchingUp, failures, widthSeconds }: Tail): boolean {
  return rung !== null && rung <= 2 && jobsCatchingUp === 0 && failures.length === 0 && widthSeconds === null;
}

function tailTable({ tails, tailsOff, accounts }: TailReport): Html {
  const offIds = new Set(tailsOff.map(({ accountId }) => accountId));
  return table(
    'Old, closed and unknown jobs, by account and event type',
    [
      { title: 'Account' },
      { title: 'Events' },
      { title: 'Read' },
      { title: 'Last window' },
      { title: 'Catching up', isNumber: true },
      { title: 'Does not work' },
    ],
    tails.map((tail) => [
      accountText(accounts, tail.accountId),
      tail.eventType,
      wayPill(tail, offIds.has(tail.accountId)),
      tail.coveredTo === null ? null : html`${instant(tail.windowFrom)} to ${instant(tail.coveredTo)}`,
      tail.jobsCatchingUp,
      failuresOf(tail),
    ]),
  );
}

function wayPill(tail: Tail, isOff: boolean): Html {
  if (isOff) return pill('off: job by job', 'bad');
  return pill(tailWay(tail), tail.rung === null ? 'warn' : 'good');
}

function failuresOf({ failures }: Tail): string | null {
  if (failures.length === 0) return null;
  return failures
    .map(({ rung, code, failedAt }) => {
      const again = new Date(new Date(failedAt).getTime() + retryMs);
      return `${rungTexts[rung]} (${code}), tried again from ${humanInstant(again)}`;
    })
    .join('; ');
}
