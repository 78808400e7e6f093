import { program } from '../../../../invocation.ts';
import type { JobVerdict } from '../../../../store/status/coverage/job-verdicts.ts';
import { type Html, html } from '../html.ts';
import { instant, section } from '../layout.ts';
import { verdictPill } from '../pill.ts';
import { table } from '../table.ts';

/** The latest sends against Marketing Cloud's own counters. */
export function jobsSection(jobs: readonly JobVerdict[]): Html | undefined {
  if (jobs.length === 0) return undefined;
  return section(
    'jobs',
    'Latest sends, against Marketing Cloud’s own counters',
    table(
      'Completeness of the latest sends',
      [
        ...[{ title: 'Job' }, { title: 'Subject' }, { title: 'Sent at' }],
        ...[{ title: 'Sent', isNumber: true }, { title: 'Loaded', isNumber: true }, { title: 'Counters' }],
      ],
      jobs.map((job) => [
        html`<a href="/jobs/${job.accountId}/${job.jobId}">${job.jobId}</a>`,
        job.subject,
        instant(job.sentAt),
        job.numberSent,
        job.loadedSent,
        html`${Object.entries(job.verdicts).map(([verdict, count]) => html`${verdictPill(verdict, count)} `)}`,
      ]),
    ),
    [`${program} reconcile`, 'select * from bi.completeness'],
  );
}
