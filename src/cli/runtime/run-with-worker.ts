import type { RunSummary } from '../../pipeline/run.ts';
import type { RunOutcome } from '../../store/ledger/run-log.ts';
import type { Config } from '../../config/config.ts';
import type { CommandContext, ExitCode, Output } from '../context.ts';
import { openRuntime, type Runtime } from './compose.ts';
import { openProgress } from './progress.ts';
import { humanCount, humanDuration } from '../../operations/format.ts';
import { printJson, printLines, renderTable } from '../output.ts';

const exitCodes = {
  completed: 0,
  completed_with_problems: 1,
  halted: 3,
  source_unavailable: 4,
  interrupted: 130,
} as const satisfies Record<RunOutcome, ExitCode>;

export interface RunCommand {
  readonly command: string;
  readonly json: boolean;
  readonly config: Config;
}

/** Starts a sync or a backfill with a worker of its own, prints its summary and returns its exit code. */
export async function runWithWorker(
  { command, json, config }: RunCommand,
  context: CommandContext,
  run: (runtime: Runtime) => Promise<RunSummary>,
): Promise<ExitCode> {
  const progress = openProgress(context);
  const runtime = await openRuntime(
    config,
    { ...context, stderr: progress.stderr },
    { command, gateWaitMs: config.gateWaitMs, progress },
  );
  let summary: RunSummary;
  try {
    runtime.worker.startTaking();
    summary = await run(runtime);
    const { keepHouseAfterRun } = await import('./housekeeping.ts');
    await keepHouseAfterRun(runtime);
  } finally {
    progress.stop();
    await runtime.close();
  }
  if (runtime.runSignals.fatal.aborted) throw runtime.runSignals.fatal.reason;
  if (json) printJson(context.stdout, jsonOf(summary));
  else printSummary(context.stdout, summary, runtime.database);
  return exitCodes[summary.outcome];
}

/** The keys that scripts rely on come first. */
function jsonOf({ runId, kind, outcome, accounts, tasks, events, requests, ...rest }: RunSummary) {
  const { startedAt, finishedAt, problems, dimensions } = rest;
  return {
    ...{ runId, kind, outcome, accounts, tasks, events, requests, startedAt, finishedAt },
    ...{ problems, dimensions },
  };
}

const outcomeTexts = {
  completed: 'completed',
  completed_with_problems: 'completed with problems: see `sfmc-tracking tasks` and `sfmc-tracking rejected`',
  halted: 'halted: the credentials of every account were refused',
  source_unavailable: 'Marketing Cloud is in maintenance or outage: nothing is lost, try again later',
  interrupted: 'interrupted: the same command continues where this one stopped',
} as const satisfies Record<RunOutcome, string>;

function printSummary(stdout: Output, summary: RunSummary, database: Runtime['database']): void {
  const { runId, kind, outcome, accounts, tasks, events, requests, problems, startedAt, finishedAt } =
    summary;
  const rows = Object.entries(events).map(([name, counts]) => [
    name,
    ...[counts.records, counts.inserted, counts.rejected].map(humanCount),
  ]);
  const lasted = humanDuration(finishedAt.getTime() - startedAt.getTime());
  printLines(stdout, [
    `${kind} ${runId} ${outcomeTexts[outcome]}`,
    `${accounts.length} account${accounts.length === 1 ? '' : 's'}, ${humanCount(tasks.done)} tasks done, ${humanCount(tasks.parked)} parked, ${humanCount(requests)} requests, ${lasted}`,
    ...problems.map(({ accountId, code, message }) =>
      accountId === null ? message : `account ${accountId}: ${code}: ${message}`,
    ),
    ...(kind === 'backfill' &&
    outcome === 'completed' &&
    Object.values(events).every(({ records }) => records === 0)
      ? ['No event was found in this range.']
      : []),
    '',
  ]);
  const columns = [
    { title: 'event type' },
    { title: 'records read', align: 'right' as const },
    { title: 'new events', align: 'right' as const },
    { title: 'rejected', align: 'right' as const },
  ];
  printLines(stdout, [renderTable(columns, rows)]);
  if (database.isEmbedded) {
    printLines(stdout, [
      '',
      'Connect a BI tool: `sfmc-tracking database start` keeps the embedded Postgres running and prints its URL.',
    ]);
  }
}
