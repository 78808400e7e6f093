import { program } from '../../../../invocation.ts';
import { accountText } from '../../../account-names.ts';
import type { JobDetail } from '../../../../store/status/detail/job-detail.ts';
import { html } from '../html.ts';
import { instant, renderPage, section } from '../layout.ts';
import { pill, verdictPill } from '../pill.ts';
import { daysBetween, eventsPerDay } from '../section/trends.ts';
import { facts, shortened, table } from '../table.ts';

/** A job: its events over time, how far it is read, its counters and its links. */
export function renderJob(detail: JobDetail, readAt: Date): string {
  const { job, perDay, timeZone } = detail;
  const days = daysBetween(perDay[0]?.at ?? '', perDay.at(-1)?.at ?? '');
  return renderPage({
    title: `Job ${job.jobId} – sfmc-tracking`,
    readAt,
    body: html`<p class="crumbs">
        <a href="/">Status</a> ›
        <a href="/accounts/${job.accountId}"
          >account ${accountText([{ ...job, name: job.accountName }], job.accountId)}</a
        >
      </p>
      <section id="facts" data-part class="sentence">
        <h1>${shortened(job.subject ?? job.emailName ?? `Job ${job.jobId}`)}</h1>
        ${facts([
          ['Job', String(job.jobId)],
          ['Email', job.emailName],
          ['Status', job.isTriggered ? `${job.status ?? ''} (triggered)` : job.status],
          ['Sent at', instant(job.sentAt ?? job.createdAt)],
          ['Sent, as Marketing Cloud counts', job.numberSent],
          ['Latest event', instant(job.lastEventAt)],
        ])}
      </section>
      ${section(
        'events',
        'Events over time',
        perDay.length === 0
          ? html`<p>No event of this job is in the rollups yet.</p>`
          : html`<div class="charts">${eventsPerDay(perDay, days, timeZone)}</div>`,
        [`select * from tracking.job_days where job_id = ${job.jobId}`],
      )}
      ${section('read', 'How far it is read', progressTable(detail), [`${program} status`])}
      ${section('counters', 'Against Marketing Cloud’s own counters', countersTable(detail), [
        `${program} reconcile --jobs ${job.jobId}`,
        `select * from bi.completeness where job_id = ${job.jobId}`,
      ])}
      ${section('links', 'Links', linksTable(detail), [`select * from bi.link_performance where job_id = ${job.jobId}`])}`,
  });
}

function progressTable({ progress }: JobDetail) {
  if (progress.length === 0) return html`<p>Nothing of this job has been read yet.</p>`;
  return table(
    'How far each event type of the job is read',
    [{ title: 'Events' }, { title: 'State' }, { title: 'Read up to' }],
    progress.map(({ eventType, state, watermark }) => [
      eventType,
      pill(state, state === 'open' ? 'busy' : 'calm'),
      instant(watermark),
    ]),
  );
}

function countersTable({ counters }: JobDetail) {
  if (counters.length === 0) return html`<p>Its counters have not been read yet.</p>`;
  const numbers = ['Marketing Cloud', 'Loaded', 'Difference'].map((title) => ({ title, isNumber: true }));
  return table(
    'Counters of the job',
    [{ title: 'Counter' }, ...numbers, { title: 'Verdict' }, { title: 'Why' }],
    counters.map(({ counter, source, loaded, difference, verdict, reason }) => [
      ...[counter, source, loaded, difference],
      verdictPill(verdict),
      reason,
    ]),
  );
}

function linksTable({ links }: JobDetail) {
  if (links.length === 0) return html`<p>No link of this job has been read.</p>`;
  return table(
    'Links of the job',
    [
      { title: 'Link' },
      { title: 'Clicks loaded', isNumber: true },
      { title: 'Marketing Cloud', isNumber: true },
    ],
    links.map(({ url, urlId, clicks, totalClicks }) => [url ?? String(urlId), clicks, totalClicks]),
  );
}
