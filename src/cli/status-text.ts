import { program } from '../invocation.ts';
import {
  completenessText,
  dimensionsText,
  gateText,
  lastCompletedText,
  notAvailableTexts,
  overdueText,
  reducedTexts,
  scheduleText,
  tailTexts,
} from '../operations/report-text.ts';
import { accountName, accountText } from '../operations/account-names.ts';
import { allowanceText } from '../operations/allowance-text.ts';
import { isUntouched, type StatusReport } from '../store/status/report.ts';
import type { EventTypeStatus } from '../store/status/event-types.ts';
import type { RunStatus } from '../store/status/runs.ts';
import { humanCount, humanInstant, humanDuration } from '../operations/format.ts';
import { renderTable, type TableColumn } from './output.ts';

/** The terminal shows the last runs; `--json` has more of them. */
const runsShown = 10;

/** The status report for people; all instants in UTC. Tables leave columns out where they do not fit. */
export function renderStatus(report: StatusReport, width = Infinity): string {
  if (isUntouched(report))
    return `Nothing was ever synced: run \`${program} sync\` (or \`demo\`, which needs no account).`;
  const sections = [
    renderHead(report),
    renderAccounts(report),
    renderEventTypes(report, width),
    renderRuns(report, width),
  ];
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
    ...reducedTexts(report),
    allowanceText(report.allowance, report.reportedAt),
    lastCompletedText(report),
    scheduleText(report),
  ].join('\n');
}

function renderAccounts({ accounts }: StatusReport): string {
  return accounts
    .filter(({ state }) => state === 'refused')
    .map(
      ({ accountId, refusedReason }) =>
        `Account ${accountText(accounts, accountId)}: REFUSED: ${refusedReason ?? 'credentials not accepted'}`,
    )
    .join('\n');
}

function renderEventTypes(report: StatusReport, width: number): string {
  const { accounts, eventTypes, notAvailable, dimensions } = report;
  if (eventTypes.length === 0) return 'No job has been planned yet.';
  const lag = ({ lagSeconds }: EventTypeStatus) =>
    lagSeconds === null ? 'nothing open' : `${humanDuration(lagSeconds * 1000)} behind`;
  const nameOf = ({ accountId }: EventTypeStatus) => accountName(accounts, accountId);
  const columns: readonly FittedColumn<EventTypeStatus>[] = [
    { title: 'account', text: (row) => String(row.accountId) },
    ...(accounts.some(({ name }) => name !== null)
      ? [{ title: 'business unit', text: nameOf, leavesAs: 1 } as const]
      : []),
    { title: 'events', text: (row) => row.eventType },
    { title: 'complete to (UTC)', text: (row) => humanInstant(row.completeTo) },
    { title: 'watermark (UTC)', text: (row) => humanInstant(row.watermark), leavesAs: 2 },
    { title: 'lag', text: lag, leavesAs: 3 },
    {
      title: 'jobs open',
      align: 'right',
      text: ({ checkpoints }) => humanCount(checkpoints.open),
      leavesAs: 1,
    },
    {
      title: 'complete',
      align: 'right',
      text: ({ checkpoints }) => humanCount(checkpoints.complete),
      leavesAs: 1,
    },
    {
      title: 'closed',
      align: 'right',
      text: ({ checkpoints }) => humanCount(checkpoints.closed),
      leavesAs: 1,
    },
    { title: 'tasks open', align: 'right', text: (row) => humanCount(row.openTasks) },
    { title: 'parked', align: 'right', text: (row) => humanCount(row.parkedTasks) },
    { title: 'rejected', align: 'right', text: (row) => humanCount(row.rejectedRecords) },
  ];
  const parked = eventTypes.reduce((sum, row) => sum + row.parkedTasks, 0);
  const advice =
    parked === 0 ? '' : `\nParked tasks hold their watermark: \`${program} tasks --parked\` says why.`;
  const table = renderFitted(columns, eventTypes, width);
  const read = dimensionsText({ dimensions });
  const texts = [
    ...notAvailableTexts({ notAvailable, accounts }),
    ...tailTexts(report),
    ...(read === undefined ? [] : [read]),
  ];
  return [`${table}${advice}`, ...texts].join('\n');
}

function renderRuns({ runs, reportedAt }: StatusReport, width: number): string {
  if (runs.length === 0) return '';
  const sum = ({ events }: RunStatus, name: 'records' | 'inserted') =>
    humanCount(Object.values(events).reduce((all, counts) => all + counts[name], 0));
  const columns: readonly FittedColumn<RunStatus>[] = [
    { title: 'run', align: 'right', text: (run) => String(run.runId) },
    { title: 'kind', text: (run) => run.kind },
    { title: 'started (UTC)', text: (run) => humanInstant(run.startedAt) },
    { title: 'took', text: (run) => tookText(run, reportedAt), leavesAs: 4 },
    { title: 'outcome', text: (run) => (run.outcome ?? 'running').replaceAll('_', ' ') },
    { title: 'tasks', align: 'right', text: (run) => humanCount(run.tasks.done), leavesAs: 2 },
    { title: 'parked', align: 'right', text: (run) => humanCount(run.tasks.parked), leavesAs: 3 },
    { title: 'records', align: 'right', text: (run) => sum(run, 'records'), leavesAs: 2 },
    { title: 'new', align: 'right', text: (run) => sum(run, 'inserted') },
    { title: 'requests', align: 'right', text: (run) => humanCount(run.requests), leavesAs: 1 },
  ];
  return `Last runs\n${renderFitted(columns, runs.slice(0, runsShown), width)}`;
}

interface FittedColumn<Row> extends TableColumn {
  readonly text: (row: Row) => string;
  /** Where the table is too wide, columns leave in this order; one without a number stays. */
  readonly leavesAs?: number;
}

/** The widest table that fits, or the narrowest. */
function renderFitted<Row>(
  columns: readonly FittedColumn<Row>[],
  rows: readonly Row[],
  width: number,
): string {
  const steps = new Set([0, ...columns.map(({ leavesAs = 0 }) => leavesAs)]);
  const tables = [...steps]
    .toSorted((one, other) => one - other)
    .map((step) => {
      const shown = columns.filter(({ leavesAs = Infinity }) => leavesAs > step);
      return renderTable(
        shown,
        rows.map((row) => shown.map(({ text }) => text(row))),
      );
    });
  const fits = (table: string) => table.split('\n').every((line) => line.length <= width);
  return tables.find(fits) ?? tables.at(-1) ?? '';
}

/** How long a killed run took is not known. */
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
