import { program } from '../../../invocation.ts';
import type { RunSummary } from '../../../pipeline/run.ts';
import { findRunsInProgress, readTaskProgress } from '../../../store/ledger/runs/run-progress.ts';
import { readAccounts } from '../../../store/status/accounts.ts';
import type { RunOutcome } from '../../../store/ledger/runs/run-log.ts';
import { readGate } from '../../../store/status/gate.ts';
import type { Config } from '../../../config/config.ts';
import type { CommandContext, ExitCode, Output } from '../../context.ts';
import { endCommandInTime } from '../../ending/end-in-time.ts';
import { openRuntime, type Runtime } from '../composition/compose.ts';
import { openProgress, type Progress } from './progress.ts';
import { accountText, type NamedAccounts } from '../../../operations/account-names.ts';
import { humanCount, humanDuration } from '../../../operations/format.ts';
import { printJson, printLines } from '../../output.ts';
import { type Look, marked } from '../../terminal/marks.ts';
import { renderTable } from '../../terminal/table.ts';
import { columnsOf } from '../../terminal/terminal.ts';

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

/** What happens between a runtime that is open and one that is closed. */
export interface RunSteps {
  readonly run: (runtime: Runtime) => Promise<RunSummary>;
  /** What follows a run before the command ends. */
  readonly afterRun: (runtime: Runtime, config: Config) => Promise<void>;
}

/** Starts a sync or a backfill with a worker of its own, prints its summary and returns its exit code. */
export function runWithWorker(
  command: RunCommand,
  context: CommandContext,
  steps: RunSteps,
): Promise<ExitCode> {
  return endCommandInTime(context, command.config, () => runToEnd(command, context, steps));
}

/** What follows a run of a command: the housekeeping, loaded when it is due. */
export async function keepHouse(runtime: Runtime, config: Config): Promise<void> {
  const { keepHouseAfterRun } = await import('../housekeeping.ts');
  await keepHouseAfterRun(runtime, config);
}

async function runToEnd(
  { command, json, config }: RunCommand,
  context: CommandContext,
  { run, afterRun }: RunSteps,
): Promise<ExitCode> {
  const progress = openProgress(context);
  const onDrain = () => {
    const atMost = humanDuration(config.shutdownMs);
    progress.enter('stopping');
    if (!progress.isShown) return;
    printLines(progress.stderr, [
      `Stopping: arriving pages are committed (at most ${atMost}). Ctrl-C again: at once.`,
    ]);
  };
  context.signals.drain.addEventListener('abort', onDrain, { once: true });
  let runtime: Runtime | undefined;
  let summary: RunSummary;
  let accounts: NamedAccounts = [];
  try {
    runtime = await openRuntime(
      config,
      { ...context, stderr: progress.stderr },
      { command, gateWaitMs: config.gateWaitMs, progress },
    );
    const { pool } = runtime.database;
    await sayWhatElseRuns(runtime, progress);
    progress.follow(async (runId) => ({
      tasks: runId === undefined ? undefined : await readTaskProgress(pool, runId),
      gate: await readGate(pool),
    }));
    runtime.worker.startTaking();
    summary = await run(runtime);
    progress.enter('bringing the rollups up to date');
    await afterRun(runtime, config);
    // Only problems name accounts.
    if (summary.problems.length > 0) accounts = await readAccounts(runtime.database.pool);
  } finally {
    context.signals.drain.removeEventListener('abort', onDrain);
    progress.stop();
    await runtime?.close();
  }
  if (runtime.runSignals.fatal.aborted) throw runtime.runSignals.fatal.reason;
  if (json) printJson(context.stdout, jsonOf(summary));
  else printSummary(context.stdout, summary, accounts, runtime.database);
  return exitCodes[summary.outcome];
}

/** A run waits for the windows that another one reads: that is said at once. */
async function sayWhatElseRuns({ database, worker, logger }: Runtime, progress: Progress): Promise<void> {
  for (const run of await findRunsInProgress(database.pool, worker.processId)) {
    const { kind, runId, pid, host } = run;
    if (progress.isShown) {
      const other = `${kind} ${runId} (pid ${pid} on ${host})`;
      printLines(progress.stderr, [
        `${other} is in progress too: this run waits for the windows that it reads.`,
      ]);
    } else {
      logger.info({ ...run }, 'another run is in progress');
    }
  }
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
  completed_with_problems: `completed with problems: see \`${program} tasks\` and \`${program} rejected\``,
  halted: 'halted: the credentials of every account were refused',
  source_unavailable: 'Marketing Cloud is in maintenance or outage: nothing is lost, try again later',
  interrupted: 'interrupted: the same command continues where this one stopped',
} as const satisfies Record<RunOutcome, string>;

const outcomeLooks = {
  completed: 'good',
  completed_with_problems: 'warn',
  halted: 'bad',
  source_unavailable: 'warn',
  interrupted: 'warn',
} as const satisfies Record<RunOutcome, Look>;

function printSummary(
  stdout: Output,
  summary: RunSummary,
  names: NamedAccounts,
  database: Runtime['database'],
): void {
  const { runId, kind, outcome, accounts, tasks, events, requests, problems, startedAt, finishedAt } =
    summary;
  const rows = Object.entries(events).map(([name, counts]) => [
    name,
    ...[counts.records, counts.inserted, counts.rejected].map(humanCount),
  ]);
  const lasted = humanDuration(finishedAt.getTime() - startedAt.getTime());
  printLines(stdout, [
    marked(outcomeLooks[outcome], `${kind} ${runId} ${outcomeTexts[outcome]}`),
    `${accounts.length} account${accounts.length === 1 ? '' : 's'}, ${humanCount(tasks.done)} tasks done, ${humanCount(tasks.parked)} parked, ${humanCount(requests)} requests, ${lasted}`,
    ...problems.map(({ accountId, code, message }) =>
      accountId === null ? message : `account ${accountText(names, accountId)}: ${code}: ${message}`,
    ),
    ...(kind === 'backfill' &&
    outcome === 'completed' &&
    Object.values(events).every(({ records }) => records === 0)
      ? ['No event was found in this range.']
      : []),
    '',
  ]);
  const columns = [
    { title: 'event type', isKey: true },
    { title: 'records read', align: 'right' as const },
    { title: 'new events', align: 'right' as const },
    {
      title: 'rejected',
      align: 'right' as const,
      look: (cell: string) => (cell === '0' ? undefined : ('warn' as const)),
    },
  ];
  printLines(stdout, [renderTable(columns, rows, columnsOf(stdout))]);
  if (database.isEmbedded) {
    printLines(stdout, [
      '',
      `Connect a BI tool: \`${program} database start\` keeps the embedded Postgres running and prints its URL.`,
    ]);
  }
}
