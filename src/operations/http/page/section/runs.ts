import { program } from '../../../../invocation.ts';
import type { Overview } from '../../../../store/status/overview.ts';
import type { RunStatus } from '../../../../store/status/runs/runs.ts';
import { humanCount, humanDuration } from '../../../format.ts';
import { type Html, html } from '../html.ts';
import { instant, section } from '../layout.ts';
import { outcomePill } from '../pill.ts';
import { type Cell, table } from '../table.ts';

/** More are behind a summary that opens. */
const shownAtOnce = 8;

/** The runs in progress: how far, how fast, how long yet. */
export function progressSection({ runs, progress, reportedAt }: Overview): Html | undefined {
  const inProgress = runs.filter(({ outcome }) => outcome === null);
  if (inProgress.length === 0) return undefined;
  return section(
    'progress',
    inProgress.length === 1 ? 'In progress' : 'Runs in progress',
    html`${inProgress.map((run) => {
      const { settled = 0, total = 0 } = progress[run.runId] ?? {};
      const elapsedMs = reportedAt.getTime() - run.startedAt.getTime();
      const name = `${run.kind} ${run.runId}`;
      const text = `: ${humanCount(settled)} of ${humanCount(total)} tasks, ${rateText(run, elapsedMs)}${leftText(settled, total, elapsedMs)}`;
      return html`<div class="progress">
        <p><a href="/runs/${run.runId}">${name}</a>${text}</p>
        <progress max="${Math.max(total, 1)}" value="${settled}" aria-label="Tasks of ${name}">
          ${settled} of ${total}
        </progress>
      </div>`;
    })}`,
    [`${program} tasks`],
  );
}

function rateText(run: RunStatus, elapsedMs: number): string {
  const records = Object.values(run.events).reduce((sum, one) => sum + one.records, 0);
  const rate = elapsedMs > 0 ? Math.round((records * 1000) / elapsedMs) : 0;
  return `${humanCount(records)} events read, ${humanCount(rate)} a second`;
}

/** Before a twentieth of the tasks is done, the time left cannot be estimated. */
function leftText(settled: number, total: number, elapsedMs: number): string {
  if (settled === 0 || settled * 20 < total || settled >= total) return '';
  return `, about ${humanDuration((elapsedMs / settled) * (total - settled))} left`;
}

/** The last runs, how each ended and what it brought. */
export function runsSection({ runs, reportedAt }: Overview): Html | undefined {
  if (runs.length === 0) return undefined;
  const rowsOf = (some: readonly RunStatus[]) => some.map((run) => runRow(run, reportedAt));
  const older = runs.slice(shownAtOnce);
  return section(
    'runs',
    'Last runs',
    html`${table('The last runs, the latest first', runColumns, rowsOf(runs.slice(0, shownAtOnce)))}${
      older.length === 0
        ? undefined
        : html`<details>
            <summary>${older.length} earlier runs</summary>
            ${table('Earlier runs', runColumns, rowsOf(older))}
          </details>`
    }`,
    [`${program} status --json`, 'select * from pipeline.runs order by run_id desc'],
  );
}

const runColumns = [
  ...[{ title: 'Run' }, { title: 'Outcome' }, { title: 'Started' }],
  ...['Duration', 'New events', 'Requests', 'Tasks done', 'Parked'].map((title) => ({
    title,
    isNumber: true,
  })),
];

function runRow(run: RunStatus, now: Date): Cell[] {
  const endedAt = run.finishedAt ?? (run.outcome === null ? now : null);
  return [
    html`<a href="/runs/${run.runId}">${run.kind} ${run.runId}</a>`,
    outcomePill(run.outcome),
    instant(run.startedAt),
    endedAt === null ? null : humanDuration(endedAt.getTime() - run.startedAt.getTime()),
    Object.values(run.events).reduce((sum, { inserted }) => sum + inserted, 0),
    run.requests,
    run.tasks.done,
    run.tasks.parked,
  ];
}
