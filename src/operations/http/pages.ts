import type { JobDetail } from '../../store/status/detail/job-detail.ts';
import type { RunDetail } from '../../store/status/detail/run-detail.ts';
import type { TaskDetail } from '../../store/status/detail/task-detail.ts';
import type { JobVerdict } from '../../store/status/coverage/job-verdicts.ts';
import type { Overview } from '../../store/status/overview.ts';
import type { StatusReport } from '../../store/status/report.ts';
import { renderAccount } from './page/detail/account-page.ts';
import { renderJob } from './page/detail/job-page.ts';
import { renderRun } from './page/detail/run-page.ts';
import { renderTask } from './page/detail/task-page.ts';
import { renderOverview } from './page/overview-page.ts';
import { remember } from './remember.ts';

/** What the pages are made from. */
export interface PageSources {
  readonly readOverview: (report: StatusReport) => Promise<Overview>;
  readonly readRun: (runId: number) => Promise<RunDetail | undefined>;
  readonly readTask: (id: number) => Promise<TaskDetail | undefined>;
  readonly readJob: (accountId: number, jobId: number) => Promise<JobDetail | undefined>;
  readonly readAccountJobs: (accountId: number) => Promise<JobVerdict[]>;
}

/** A page as data and as markup. */
export interface PageContent {
  readonly data: unknown;
  readonly render: () => string;
}

/** Many open pages cost the database one reading in this time. */
const overviewMaxAgeMs = 2000;

/** Finds what a path shows; undefined where it shows nothing. */
export function createPages(
  sources: PageSources,
  readReport: () => Promise<StatusReport>,
  now: () => Date,
): (pathname: string) => Promise<PageContent | undefined> {
  const readOverview = remember(
    async () => await sources.readOverview(await readReport()),
    now,
    overviewMaxAgeMs,
  );
  return async (pathname) => {
    if (pathname === '/') {
      const data = await readOverview();
      return { data, render: () => renderOverview(data) };
    }
    const [, kind = '', first = '', second] = pathPattern.exec(pathname) ?? [];
    if (kind === 'jobs' && second !== undefined) {
      const data = await sources.readJob(Number(first), Number(second));
      return data && { data, render: () => renderJob(data, now()) };
    }
    if (second !== undefined) return undefined;
    if (kind === 'runs') {
      const data = await sources.readRun(Number(first));
      return data && { data, render: () => renderRun(data, now()) };
    }
    if (kind === 'tasks') {
      const data = await sources.readTask(Number(first));
      return data && { data, render: () => renderTask(data, now()) };
    }
    return kind === 'accounts' ? await accountPage(sources, await readReport(), Number(first)) : undefined;
  };
}

/** Numbers of at most 15 digits are exact; a path with more names nothing. */
const pathPattern = /^\/(runs|tasks|jobs|accounts)\/(\d{1,15})(?:\/(\d{1,15}))?$/u;

async function accountPage(
  sources: PageSources,
  report: StatusReport,
  accountId: number,
): Promise<PageContent | undefined> {
  const account = report.accounts.find((one) => one.accountId === accountId);
  if (account === undefined) return undefined;
  const jobs = await sources.readAccountJobs(accountId);
  const eventTypes = report.eventTypes.filter((row) => row.accountId === accountId);
  return { data: { account, eventTypes, jobs }, render: () => renderAccount({ report, account, jobs }) };
}
