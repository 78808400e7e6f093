import type { StatusReport } from '../../../store/status/report.ts';
import { escapeHtml, humanCount, humanDuration, humanInstant } from '../../format.ts';
import {
  completenessText,
  dimensionsText,
  gateText,
  lastCompletedText,
  notAvailableTexts,
  overdueText,
  scheduleText,
} from '../../report-text.ts';

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color-scheme:light dark}
table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}th,td{text-align:left;padding:.3rem .7rem;border-bottom:1px solid #8884}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#c22;font-weight:600}.good{color:#282}small{opacity:.7}`;

/** The status report as one self-contained page that renews itself. */
export function renderStatusPage(report: StatusReport): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="30">
<meta name="viewport" content="width=device-width"><title>sfmc-tracking</title><style>${style}</style></head><body>
<h1>sfmc-tracking</h1>
<p>${headLines(report).join('<br>\n')}</p>
<p><small>${humanInstant(report.reportedAt, 'second')} UTC; renewed every 30 s</small></p>
<h2>Event types</h2>${eventTypesTable(report)}
<h2>Last runs</h2>${runsTable(report)}
<h2>Running processes</h2>${processesTable(report)}
</body></html>
`;
}

function headLines(report: StatusReport): string[] {
  const { completeness, gate, accounts } = report;
  const overdue = overdueText(report);
  const read = dimensionsText(report);
  const isWhole = completeness.completeTo !== null && completeness.holes === 0;
  return [
    `<strong${isWhole ? '' : ' class="bad"'}>${escapeHtml(completenessText(report))}</strong>`,
    ...(overdue === undefined ? [] : [`<span class="bad">${escapeHtml(overdue)}</span>`]),
    `<span class="${gate.state === 'open' ? 'good' : 'bad'}">${escapeHtml(gateText(report))}</span>`,
    ...accounts
      .filter(({ state }) => state === 'refused')
      .map(
        ({ accountId, refusedReason }) =>
          `<span class="bad">Account ${accountId} refused</span>: ${escapeHtml(refusedReason ?? '')}`,
      ),
    ...notAvailableTexts(report).map(escapeHtml),
    ...(read === undefined ? [] : [escapeHtml(read)]),
    escapeHtml(`${lastCompletedText(report)} ${scheduleText(report)}`),
  ];
}

function eventTypesTable({ eventTypes }: StatusReport): string {
  const titles = [
    ...['account', 'events', 'complete up to', 'watermark', 'lag'],
    ...['jobs open', 'tasks open', 'parked', 'rejected'],
  ];
  const rows = eventTypes.map((row) => [
    String(row.accountId),
    row.eventType,
    humanInstant(row.completeTo),
    humanInstant(row.watermark),
    row.lagSeconds === null ? 'nothing open' : humanDuration(row.lagSeconds * 1000),
    humanCount(row.checkpoints.open),
    humanCount(row.openTasks),
    humanCount(row.parkedTasks),
    humanCount(row.rejectedRecords),
  ]);
  return table(titles, rows, 5);
}

function runsTable({ runs }: StatusReport): string {
  const titles = ['run', 'kind', 'started', 'finished', 'outcome', 'tasks done', 'parked', 'new events'];
  const rows = runs.map((run) => [
    String(run.runId),
    run.kind,
    humanInstant(run.startedAt, 'second'),
    humanInstant(run.finishedAt, 'second'),
    (run.outcome ?? 'running').replaceAll('_', ' '),
    humanCount(run.tasks.done),
    humanCount(run.tasks.parked),
    humanCount(Object.values(run.events).reduce((sum, { inserted }) => sum + inserted, 0)),
  ]);
  return table(titles, rows, 5);
}

function processesTable({ processes }: StatusReport): string {
  const rows = processes.map((one) => [
    one.command,
    one.host,
    String(one.pid),
    humanInstant(one.startedAt, 'second'),
  ]);
  return table(['command', 'host', 'pid', 'since'], rows, 4);
}

function table(titles: readonly string[], rows: readonly (readonly string[])[], numbersFrom: number): string {
  if (rows.length === 0) return '<p>none</p>';
  const line = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell, at) => `<${tag}${at >= numbersFrom ? ' class="n"' : ''}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${line(titles, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table>`;
}
