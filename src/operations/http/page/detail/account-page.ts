import type { JobVerdict } from '../../../../store/status/coverage/job-verdicts.ts';
import type { StatusReport } from '../../../../store/status/report.ts';
import { accountText } from '../../../account-names.ts';
import { html } from '../html.ts';
import { instant, renderPage } from '../layout.ts';
import { pill } from '../pill.ts';
import { freshnessSection } from '../section/freshness.ts';
import { jobsSection } from '../section/jobs.ts';
import { tailSection } from '../section/tail.ts';
import { facts } from '../table.ts';

/** What is known of one account; undefined where it was never read. */
export interface AccountDetail {
  readonly report: StatusReport;
  readonly account: StatusReport['accounts'][number];
  readonly jobs: readonly JobVerdict[];
}

/** A business unit: its event types and its latest sends. */
export function renderAccount({ report, account, jobs }: AccountDetail): string {
  const { accountId, state, refusedReason, jobsDiscoveredUntil } = account;
  const isOwn = (row: { readonly accountId: number }) => row.accountId === accountId;
  const { accounts } = report;
  const eventTypes = report.eventTypes.filter(isOwn);
  const tails = report.tails.filter(isOwn);
  const tailsOff = report.tailsOff.filter(isOwn);
  const text = accountText(accounts, accountId);
  return renderPage({
    title: `Account ${text} – sfmc-tracking`,
    readAt: report.reportedAt,
    body: html`<p class="crumbs"><a href="/">Status</a></p>
      <section id="facts" data-part class="sentence">
        <h1>Account ${text}</h1>
        ${facts([
          ['State', pill(state, state === 'active' ? 'good' : state === 'refused' ? 'bad' : 'calm')],
          ['Jobs discovered until', instant(jobsDiscoveredUntil)],
          ...(refusedReason === null ? [] : ([['Refused', refusedReason]] as const)),
        ])}
      </section>
      ${freshnessSection({ eventTypes, accounts })} ${tailSection({ tails, tailsOff, accounts })}
      ${jobsSection(jobs)}`,
  });
}
