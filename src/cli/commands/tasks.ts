import { userInfo } from 'node:os';
import { ConfigInvalidError, errorCodes } from '../../errors.ts';
import { errorPolicy } from '../../pipeline/policy/error-policy.ts';
import { acceptParkedTasks, retryParkedTasks } from '../../store/ledger/parked-tasks.ts';
import { type ListedTask, listTasks } from '../../store/ledger/task-list.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { withDatabase } from '../open-database.ts';
import { humanCount, humanInstant, printJson, printLines, renderTable } from '../output.ts';

// A terminal holds no more, and --json is for more.
const shownMax = 200;
const jsonMax = 100_000;

/** Lists open and parked tasks, with what to do about each code. */
export async function runTasksCommand(
  options: { readonly parkedOnly: boolean; readonly json: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const { parkedOnly, json } = options;
  const tasks = await withDatabase('tasks', context, (pool) =>
    listTasks(pool, { parkedOnly, limit: json ? jsonMax : shownMax }),
  );
  if (json) {
    printJson(context.stdout, { tasks });
  } else {
    printLines(
      context.stdout,
      tasks.length === 0 ? [`no ${parkedOnly ? '' : 'open or '}parked tasks`] : renderTasks(tasks),
    );
  }
  return 0;
}

/** Plans parked tasks again; the next run, or a worker that is up, takes them. */
export async function runTasksRetryCommand(
  options: { readonly taskIds: readonly number[]; readonly all: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const { taskIds, all } = options;
  if (all === taskIds.length > 0)
    throw new ConfigInvalidError('name the tasks to retry, or --all: `tasks --parked` shows their ids');

  const changed = await withDatabase('tasks', context, (pool) =>
    retryParkedTasks(pool, all ? 'all' : taskIds),
  );
  printLines(context.stdout, [`${countOfTasks(changed)} planned again: the next sync takes them`]);
  return reportOthers(all ? changed : taskIds.length, changed, context);
}

/** A person accepts that the windows of these tasks stay empty. */
export async function runTasksAcceptCommand(
  options: {
    readonly taskIds: readonly number[];
    readonly reason: string | undefined;
    readonly by: string | undefined;
  },
  context: CommandContext,
): Promise<ExitCode> {
  const { taskIds, reason = '', by = userInfo().username } = options;
  const problems = [
    ...(taskIds.length === 0 ? ['ID is not given: `tasks --parked` shows them'] : []),
    ...(reason.trim() === ''
      ? ['--reason is not given: why the hole is accepted; it is kept with the task']
      : []),
  ];
  if (problems.length > 0) throw new ConfigInvalidError(problems.join('\n'), { problems });
  const changed = await withDatabase('tasks', context, (pool) =>
    acceptParkedTasks(pool, taskIds, { by, reason }),
  );
  printLines(context.stdout, [`${countOfTasks(changed)} accepted by ${by}: the watermark may pass`]);
  return reportOthers(taskIds.length, changed, context);
}

function reportOthers(named: number, changed: number, { stderr }: CommandContext): ExitCode {
  if (named === changed) return 0;
  printLines(stderr, [`${countOfTasks(named - changed)} left alone: not parked, or not there`]);
  return 1;
}

function countOfTasks(count: number): string {
  return count === 1 ? '1 task' : `${humanCount(count)} tasks`;
}

function renderTasks(tasks: readonly ListedTask[]): string[] {
  const columns = [
    { title: 'id', align: 'right' as const },
    { title: 'account' },
    { title: 'job' },
    { title: 'events' },
    { title: 'from (UTC)' },
    { title: 'to (UTC)' },
    { title: 'state' },
    { title: 'tries', align: 'right' as const },
    { title: 'code' },
  ];
  const rows = tasks.map((task) => [
    String(task.id),
    String(task.accountId),
    task.jobId === null ? '(sweep)' : String(task.jobId),
    task.eventType,
    humanInstant(task.from, 'second'),
    humanInstant(task.to, 'second'),
    task.state,
    String(task.attempts),
    task.errorCode ?? '',
  ]);
  const failed = tasks.filter(({ errorMessage }) => errorMessage !== null);
  const messages = failed.map(({ id, errorMessage }) => `  ${id}: ${errorMessage ?? ''}`);
  const advice = errorCodes
    .filter((code) => tasks.some((task) => task.state === 'parked' && task.errorCode === code))
    .map((code) => `  ${code}: ${errorPolicy[code].advice}`);
  return [
    renderTable(columns, rows),
    ...(messages.length === 0 ? [] : ['', 'Last failures', ...messages]),
    ...(advice.length === 0 ? [] : ['', 'What to do', ...advice]),
  ];
}
