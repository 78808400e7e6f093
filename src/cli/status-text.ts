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
import type { EventTypeStatus } from '../store/status/coverage/event-types.ts';
import type { RunStatus } from '../store/status/runs/runs.ts';
import { humanCount, humanDuration } from '../operations/format.ts';
import { type Clock, clockIn } from './terminal/instants.ts';
import { type Look, marked } from './terminal/marks.ts';
import { renderTable, type TableColumn } from './terminal/table.ts';

/** The terminal shows the last runs; `--json` has more of them. */
const runsShown = 10;

/** What the report is shown on. */
interface View {
  readonly columns: number;
  readonly clock: Clock;
}

const fileView: View = { columns: Infinity, clock: clockIn('UTC') };

/** The status report for people. Tables leave columns out where they do not fit, or become paragraphs. */
export function renderStatus(report: StatusReport, view: View = fileView): string {
  if (isUntouched(report))
    return `Nothing was ever synced: run \`${program} sync\` (or \`demo\`, which needs no account).`;
  const sections = [
    renderHead(report, view),
    renderAccounts(report),
    renderEventTypes(report, view),
    renderRuns(report, view),
  ];
  return [...sections, renderProcesses(report, view), renderHousekeeping(report, view)]
    .filter((section) => section !== '')
    .join('\n\n');
}

function renderHead(report: StatusReport, { clock: { text: at } }: View): string {
  const { completeness, overdue, gate } = report;
  const overdueLine = overdueText(report, at);
  const isComplete = completeness.completeTo !== null && completeness.holes === 0;
  return [
    marked(overdue === null && isComplete ? 'good' : 'warn', completenessText(report, at)),
    ...(overdueLine === undefined ? [] : [marked('bad', overdueLine)]),
    `Status at ${at(report.reportedAt, 'second')}`,
    marked(gate.state === 'open' ? undefined : 'bad', gateText(report, at)),
    ...reducedTexts(report, at).map((text) => marked('warn', text)),
    allowanceText(report.allowance, report.reportedAt),
    lastCompletedText(report, at),
    scheduleText(report, at),
  ].join('\n');
}

function renderAccounts({ accounts }: StatusReport): string {
  return accounts
    .filter(({ state }) => state === 'refused')
    .map(({ accountId, refusedReason }) =>
      marked(
        'bad',
        `Account ${accountText(accounts, accountId)}: REFUSED: ${refusedReason ?? 'credentials not accepted'}`,
      ),
    )
    .join('\n');
}

function renderEventTypes(report: StatusReport, { columns: width, clock }: View): string {
  const { accounts, eventTypes, notAvailable, dimensions } = report;
  if (eventTypes.length === 0) return 'No job has been planned yet.';
  const lag = ({ lagSeconds }: EventTypeStatus) =>
    lagSeconds === null ? 'nothing open' : `${humanDuration(lagSeconds * 1000)} behind`;
  const nameOf = ({ accountId }: EventTypeStatus) => accountName(accounts, accountId);
  const columns: readonly CellColumn<EventTypeStatus>[] = [
    { title: 'account', isKey: true, text: (row) => String(row.accountId) },
    ...(accounts.some(({ name }) => name !== null)
      ? [{ title: 'business unit', text: nameOf, leavesAs: 1 } as const]
      : []),
    { title: 'events', isKey: true, text: (row) => row.eventType },
    { title: clock.title('complete to'), text: (row) => clock.cell(row.completeTo) },
    { title: clock.title('watermark'), text: (row) => clock.cell(row.watermark), leavesAs: 2 },
    { title: 'lag', text: lag, leavesAs: 3 },
    ...(['open', 'complete', 'closed'] as const).map(columnOfCheckpoints),
    { title: 'tasks open', align: 'right', text: (row) => humanCount(row.openTasks), leavesAs: 4 },
    { title: 'parked', align: 'right', text: (row) => humanCount(row.parkedTasks), look: whereSome('bad') },
    {
      title: 'rejected',
      align: 'right',
      text: (row) => humanCount(row.rejectedRecords),
      look: whereSome('warn'),
    },
  ];
  const parked = eventTypes.reduce((sum, row) => sum + row.parkedTasks, 0);
  const advice =
    parked === 0 ? '' : `\nParked tasks hold their watermark: \`${program} tasks --parked\` says why.`;
  const table = renderRows(columns, eventTypes, width);
  const read = dimensionsText({ dimensions }, clock.text);
  const texts = [
    ...notAvailableTexts({ notAvailable, accounts }, clock.text),
    ...tailTexts(report, clock.text),
    ...(read === undefined ? [] : [read]),
  ];
  return [`${table}${advice}`, ...texts].join('\n');
}

/** Jobs by how far they are read; they leave first. */
function columnOfCheckpoints(name: keyof EventTypeStatus['checkpoints']): CellColumn<EventTypeStatus> {
  return {
    ...{ title: name === 'open' ? 'jobs open' : name, align: 'right', leavesAs: 1 },
    text: ({ checkpoints }) => humanCount(checkpoints[name]),
  };
}

function renderRuns({ runs, reportedAt }: StatusReport, { columns: width, clock }: View): string {
  if (runs.length === 0) return '';
  const sum = ({ events }: RunStatus, name: 'records' | 'inserted') =>
    humanCount(Object.values(events).reduce((all, counts) => all + counts[name], 0));
  const columns: readonly CellColumn<RunStatus>[] = [
    { title: 'run', align: 'right', isKey: true, text: (run) => String(run.runId) },
    { title: 'kind', isKey: true, text: (run) => run.kind },
    { title: clock.title('started'), text: (run) => clock.cell(run.startedAt) },
    { title: 'took', text: (run) => tookText(run, reportedAt), leavesAs: 4 },
    { title: 'outcome', text: (run) => (run.outcome ?? 'running').replaceAll('_', ' '), look: lookOfOutcome },
    { title: 'tasks', align: 'right', text: (run) => humanCount(run.tasks.done), leavesAs: 2 },
    { title: 'parked', align: 'right', text: (run) => humanCount(run.tasks.parked), leavesAs: 3 },
    { title: 'records', align: 'right', text: (run) => sum(run, 'records'), leavesAs: 2 },
    { title: 'new', align: 'right', text: (run) => sum(run, 'inserted') },
    { title: 'requests', align: 'right', text: (run) => humanCount(run.requests), leavesAs: 1 },
  ];
  return `${marked('strong', 'Last runs')}\n${renderRows(columns, runs.slice(0, runsShown), width)}`;
}

interface CellColumn<Row> extends TableColumn {
  readonly text: (row: Row) => string;
}

function renderRows<Row>(columns: readonly CellColumn<Row>[], rows: readonly Row[], width: number): string {
  return renderTable(
    columns,
    rows.map((row) => columns.map(({ text }) => text(row))),
    width,
  );
}

/** How long a killed run took is not known. */
function tookText({ startedAt, finishedAt, outcome }: RunStatus, reportedAt: Date): string {
  const endedAt = finishedAt ?? (outcome === null ? reportedAt : undefined);
  return endedAt === undefined ? '–' : humanDuration(endedAt.getTime() - startedAt.getTime());
}

function renderProcesses({ processes }: StatusReport, { clock }: View): string {
  if (processes.length === 0) return 'No process is running.';
  const lines = processes.map(
    ({ command, host, pid, startedAt }) =>
      `  ${command} on ${host}, pid ${pid}, since ${clock.text(startedAt)}`,
  );
  return [marked('strong', 'Processes'), ...lines].join('\n');
}

/** Steps whose last execution failed; those that succeeded are in `--json`. */
function renderHousekeeping({ housekeeping }: StatusReport, { clock: { text: at } }: View): string {
  const lines = housekeeping.flatMap(({ step, failure, finishedAt, succeededAt }) => {
    const before = succeededAt === null ? 'it never succeeded' : `it last succeeded ${at(succeededAt)}`;
    return failure === null ? [] : [`  ${step} failed ${at(finishedAt)}, ${before}: ${failure}`];
  });
  return lines.length === 0 ? '' : [marked('strong', 'Housekeeping'), ...lines].join('\n');
}

/** A count that ought to be zero stands out where it is not. */
function whereSome(look: Look): (cell: string) => Look | undefined {
  return (cell) => (cell === '0' ? undefined : look);
}

function lookOfOutcome(outcome: string): Look | undefined {
  if (outcome === 'completed') return 'good';
  return outcome === 'running' ? undefined : 'warn';
}
