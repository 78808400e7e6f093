import type { StatusReport } from '../../../store/status/report.ts';

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color-scheme:light dark}
table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}th,td{text-align:left;padding:.3rem .7rem;border-bottom:1px solid #8884}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#c22;font-weight:600}.good{color:#282}small{opacity:.7}`;

/** The status report as one self-contained page that renews itself. */
export function renderStatusPage(report: StatusReport): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="30">
<meta name="viewport" content="width=device-width"><title>sfmc-tracking</title><style>${style}</style></head><body>
<h1>sfmc-tracking</h1><p>${gateText(report)}<br><small>${instant(report.reportedAt)} UTC; renewed every 30 s</small></p>
<h2>Event types</h2>${eventTypesTable(report)}
<h2>Last runs</h2>${runsTable(report)}
<h2>At work</h2>${processesTable(report)}
</body></html>
`;
}

function gateText({ gate, accounts }: StatusReport): string {
  const refused = accounts
    .filter(({ state }) => state === 'refused')
    .map(
      ({ accountId, refusedReason }) =>
        `<br><span class="bad">Account ${accountId} refused</span>: ${escape(refusedReason ?? '')}`,
    )
    .join('');
  if (gate.state === 'open') return `<span class="good">Gate open</span>${refused}`;
  const since = gate.closedAt === null ? '' : ` since ${instant(gate.closedAt)}`;
  const next = gate.nextCheckAt === null ? '' : `; asked again at ${instant(gate.nextCheckAt)}`;
  return `<span class="bad">Gate closed</span>${since}: ${escape(gate.reason ?? gate.systemStatus)}${next}${refused}`;
}

function eventTypesTable({ eventTypes }: StatusReport): string {
  const titles = ['account', 'events', 'watermark', 'lag', 'jobs open', 'tasks open', 'parked', 'rejected'];
  const rows = eventTypes.map((row) => [
    String(row.accountId),
    row.eventType,
    instant(row.watermark),
    row.lagSeconds === null ? 'nothing open' : span(row.lagSeconds),
    count(row.checkpoints.open),
    count(row.openTasks),
    count(row.parkedTasks),
    count(row.rejectedRecords),
  ]);
  return table(titles, rows, 4);
}

function runsTable({ runs }: StatusReport): string {
  const titles = ['run', 'kind', 'started', 'finished', 'outcome', 'tasks done', 'parked', 'new events'];
  const rows = runs.map((run) => [
    String(run.runId),
    run.kind,
    instant(run.startedAt),
    instant(run.finishedAt),
    (run.outcome ?? 'running').replaceAll('_', ' '),
    count(run.tasks.done),
    count(run.tasks.parked),
    count(Object.values(run.events).reduce((sum, { inserted }) => sum + inserted, 0)),
  ]);
  return table(titles, rows, 5);
}

function processesTable({ processes }: StatusReport): string {
  const rows = processes.map((one) => [one.command, one.host, String(one.pid), instant(one.startedAt)]);
  return table(['command', 'host', 'pid', 'since'], rows, 4);
}

function table(titles: readonly string[], rows: readonly (readonly string[])[], numbersFrom: number): string {
  if (rows.length === 0) return '<p>none</p>';
  const line = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell, at) => `<${tag}${at >= numbersFrom ? ' class="n"' : ''}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${line(titles, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table>`;
}

function instant(at: Date | null): string {
  return at === null ? '–' : at.toISOString().slice(0, 19).replace('T', ' ');
}

function span(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function escape(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => `&#${character.charCodeAt(0)};`);
}
