import {
  completenessText,
  gateText,
  lastCompletedText,
  notAvailableTexts,
  overdueText,
  scheduleText,
} from '../operations/report-text.ts';
import { isUntouched, type StatusReport } from '../store/status/report.ts';
import type { RunStatus } from '../store/status/runs.ts';
import { humanCount, humanInstant, humanDuration } from '../operations/format.ts';
import { renderTable } from './output.ts';

/** The terminal shows the last runs; `--json` has more of them. */
const runsShown = 10;

/** The status report for people; all instants in UTC. */
export function renderStatus(report: StatusReport): string {
  if (isUntouched(report))
    return 'Nothing was ever synced: run `sfmc-tracking sync` (or `demo`, which needs no account).';
  const sections = [renderHead(report), renderAccounts(report), renderEventTypes(report), renderRuns(report)];
  return [...sections, renderProcesses(report), renderHousekeeping(report)]
    .filter((section) => section !== '')
    .join('\n\n');
}

function renderHead(report: StatusReport): string {
  const overdue = overdueText(report);
  return [
    completenessText(report),
    ...(overdue === undefined ? [] : [overdue]),
    `Status at ${humanInstant(report.reportedAt, 'second')} UTC`,
    gateText(report),
    `${lastCompletedText(report)} ${scheduleText(report)}`,
  ].join('\n');
}

function renderAccounts({ accounts }: StatusReport): string {
  return accounts
    .filter(({ state }) => state === 'refused')
    .map(
      ({ accountId, refusedReason }) =>
        `Account ${accountId}: REFUSED: ${refusedReason ?? 'credentials not accepted'}`,
    )
    .join('\n');
}

function renderEventTypes({ eventTypes, notAvailable }: StatusReport): string {
  if (eventTypes.length === 0) return 'No job has been planned yet.';
  const columns = [
    { title: 'account' },
    { title: 'events' },
    { title: 'complete up to (UTC)' },
    { title: 'watermark (UTC)' },
    { title: 'lag' },
    ...['jobs open', 'complete', 'closed', 'tasks open', 'parked', 'rejected'].map((title) => ({
      title,
      align: 'right' as const,
    })),
  ];
  const rows = eventTypes.map((row) => [
    String(row.accountId),
    row.eventType,
    humanInstant(row.completeTo),
    humanInstant(row.watermark),
    row.lagSeconds === null ? 'nothing open' : `${humanDuration(row.lagSeconds * 1000)} behind`,
    ...[row.checkpoints.open, row.checkpoints.complete, row.checkpoints.closed].map(humanCount),
    ...[row.openTasks, row.parkedTasks, row.rejectedRecords].map(humanCount),
  ]);
  const parked = eventTypes.reduce((sum, row) => sum + row.parkedTasks, 0);
  const advice =
    parked === 0 ? '' : '\nParked tasks hold their watermark: `sfmc-tracking tasks --parked` says why.';
  return [`${renderTable(columns, rows)}${advice}`, ...notAvailableTexts({ notAvailable })].join('\n');
}

function renderRuns({ runs, reportedAt }: StatusReport): string {
  if (runs.length === 0) return '';
  const columns = [
    { title: 'run', align: 'right' as const },
    { title: 'kind' },
    { title: 'started (UTC)' },
    { title: 'took' },
    { title: 'outcome' },
    ...['tasks', 'parked', 'records', 'new', 'requests'].map((title) => ({ title, align: 'right' as const })),
  ];
  const rows = runs.slice(0, runsShown).map((run) => {
    const events = Object.values(run.events);
    const sum = (pick: (event: (typeof events)[number]) => number) =>
      events.reduce((all, one) => all + pick(one), 0);
    return [
      String(run.runId),
      run.kind,
      humanInstant(run.startedAt),
      tookText(run, reportedAt),
      (run.outcome ?? 'running').replaceAll('_', ' '),
      ...[run.tasks.done, run.tasks.parked].map(humanCount),
      ...[sum(({ records }) => records), sum(({ inserted }) => inserted), run.requests].map(humanCount),
    ];
  });
  return `Last runs\n${renderTable(columns, rows)}`;
}

/** A run that was killed took nobody knows how long. */
function tookText({ startedAt, finishedAt, outcome }: RunStatus, reportedAt: Date): string {
  const endedAt = finishedAt ?? (outcome === null ? reportedAt : undefined);
  return endedAt === undefined ? '–' : humanDuration(endedAt.getTime() - startedAt.getTime());
}

function renderProcesses({ processes }: StatusReport): string {
  if (processes.length === 0) return 'No process is running.';
  const lines = processes.map(
    ({ command, host, pid, startedAt }) =>
      `  ${command} on ${host}, pid ${pid}, since ${humanInstant(startedAt)} UTC`,
  );
  return ['Processes', ...lines].join('\n');
}

/** Steps whose last execution failed; those that succeeded are in `--json`. */
function renderHousekeeping({ housekeeping }: StatusReport): string {
  const lines = housekeeping.flatMap(({ step, failure, finishedAt, succeededAt }) => {
    const before =
      succeededAt === null ? 'it never succeeded' : `it last succeeded ${humanInstant(succeededAt)} UTC`;
    return failure === null
      ? []
      : [`  ${step} failed ${humanInstant(finishedAt)} UTC, ${before}: ${failure}`];
  });
  return lines.length === 0 ? '' : ['Housekeeping', ...lines].join('\n');
}
