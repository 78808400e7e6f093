import type { Command } from 'commander';
import type { ListedTask } from '../../store/ledger/task-list.ts';
import { accountLegend } from '../terminal/account-legend.ts';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode, Output } from '../context.ts';
import { humanCount } from '../../operations/format.ts';
import { printJsonList, printLines } from '../output.ts';
import { marked } from '../terminal/marks.ts';
import { renderTable } from '../terminal/table.ts';
import { clockOf, columnsOf } from '../terminal/terminal.ts';

/** `tasks`, `tasks retry` and `tasks accept`: the ledger, and what a person may change in it. */
export function addTasksCommand(program: Command, run: Run): void {
  const tasks = program
    .command('tasks')
    .description('open and parked extract tasks; retry a parked one, or accept its hole')
    .option('--parked', 'parked tasks only')
    .option('--json', 'the same as one JSON object')
    .addHelpText(
      'after',
      examples('tasks --parked', 'tasks retry 4711', 'tasks accept 4711 --reason "job was deleted"'),
    )
    .action((options: ListOptions) => run((context) => list(options, context)));

  tasks
    .command('retry')
    .description('plan parked tasks again, with their attempts set to zero')
    .argument('[id...]', 'task ids, as `tasks` shows them')
    .option('--all', 'every parked task; event types that were not available are requested again, too')
    .addHelpText('after', examples('tasks retry 4711 4712', 'tasks retry --all'))
    .action((ids: string[], options: RetryOptions) => run((context) => retry(ids, options, context)));

  tasks
    .command('accept')
    .description('accept the hole of parked tasks, recorded with who and why, so that the watermark may pass')
    .argument('[id...]', 'task ids, as `tasks --parked` shows them')
    .option('--reason <text>', 'required: why the hole is accepted')
    .option('--by <name>', 'who accepts it (default: the user of this process)')
    .addHelpText('after', examples('tasks accept 4711 --reason "job was deleted in Marketing Cloud"'))
    .action((ids: string[], options: AcceptOptions) => run((context) => accept(ids, options, context)));
}

interface ListOptions {
  readonly parked?: boolean;
  readonly json?: boolean;
}

// A longer table cannot be read on a terminal; --json lists all.
const shownMax = 200;

async function list(options: ListOptions, context: CommandContext): Promise<ExitCode> {
  const { withDatabase } = await import('../open-database.ts');
  const { listTasks, readAllTasks } = await import('../../store/ledger/task-list.ts');
  const { parked: parkedOnly = false, json = false } = options;
  if (json) {
    await withDatabase({ command: 'tasks' }, context, (pool) =>
      printJsonList(context.stdout, 'tasks', (take) => readAllTasks(pool, parkedOnly, take)),
    );
    return 0;
  }
  const { readAccounts } = await import('../../store/status/accounts.ts');
  const { tasks, accounts } = await withDatabase({ command: 'tasks' }, context, async (pool) => ({
    tasks: await listTasks(pool, { parkedOnly, limit: shownMax }),
    accounts: await readAccounts(pool),
  }));
  const lines =
    tasks.length === 0
      ? [`no ${parkedOnly ? '' : 'open or '}parked tasks`]
      : [...(await renderTasks(tasks, context.stdout)), ...accountLegend(accounts, tasks)];
  printLines(context.stdout, lines);
  return 0;
}

async function renderTasks(tasks: readonly ListedTask[], stdout: Output): Promise<string[]> {
  const { errorCodes } = await import('../../errors.ts');
  const { errorPolicy } = await import('../../pipeline/policy/error-policy.ts');
  const clock = clockOf(stdout);
  const columns = [
    { title: 'id', align: 'right' as const, isKey: true },
    { title: 'account' },
    { title: 'job', align: 'right' as const, isKey: true },
    { title: 'events', isKey: true },
    { title: clock.title('from') },
    { title: clock.title('to') },
    { title: 'state', look: (state: string) => (state === 'parked' ? ('bad' as const) : undefined) },
    { title: 'tries', align: 'right' as const },
    { title: 'code' },
  ];
  const rows = tasks.map((task) => [
    ...[String(task.id), String(task.accountId), String(task.jobId ?? '–'), task.eventType],
    ...[clock.cell(task.from, 'second'), clock.cell(task.to, 'second')],
    ...[task.state, String(task.attempts), task.errorCode ?? ''],
  ]);
  const failed = tasks.filter(({ errorMessage }) => errorMessage !== null);
  const messages = failed.map((task) => `  ${task.id}: ${lastFailure(task)}`);
  const advice = errorCodes
    .filter((code) => tasks.some((task) => task.state === 'parked' && task.errorCode === code))
    .map((code) => `  ${code}: ${errorPolicy[code].advice}`);
  return [
    renderTable(columns, rows, columnsOf(stdout)),
    ...(messages.length === 0 ? [] : ['', marked('strong', 'Last failures'), ...messages]),
    ...(advice.length === 0 ? [] : ['', marked('strong', 'What to do'), ...advice]),
  ];
}

/** The text of the last failure, with the RequestID that Marketing Cloud's support asks for. */
function lastFailure({ errorMessage, failure }: ListedTask): string {
  const requestId = failure?.['requestId'];
  return `${errorMessage ?? ''}${requestId === undefined ? '' : ` (RequestID ${requestId})`}`;
}

interface RetryOptions {
  readonly all?: boolean;
}

/** The next run, or a running worker, takes the tasks. */
async function retry(
  texts: readonly string[],
  { all = false }: RetryOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { parseIds } = await import('../options/values.ts');
  const { withDatabase } = await import('../open-database.ts');
  const { retryParkedTasks } = await import('../../store/ledger/parked-tasks.ts');
  const { options: ids, problems } = parseIds('ID', texts);
  const optionProblems = [
    ...problems,
    ...(all === ids.length > 0
      ? ['name the tasks to retry, or --all: `tasks --parked` shows their ids']
      : []),
  ];
  const changed = await withDatabase({ command: 'tasks', optionProblems }, context, (pool) =>
    retryParkedTasks(pool, all ? 'all' : ids),
  );
  printLines(context.stdout, [`${countOfTasks(changed)} planned again: the next sync takes them`]);
  return reportUnchanged((all ? changed : ids.length) - changed, context);
}

interface AcceptOptions {
  readonly reason?: string;
  readonly by?: string;
}

/** The windows of these tasks stay empty. */
async function accept(
  texts: readonly string[],
  options: AcceptOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { currentUser } = await import('../current-user.ts');
  const { parseIds } = await import('../options/values.ts');
  const { withDatabase } = await import('../open-database.ts');
  const { acceptParkedTasks } = await import('../../store/ledger/parked-tasks.ts');
  const { reason = '', by = currentUser() } = options;
  const { options: ids, problems } = parseIds('ID', texts);
  const optionProblems = [
    ...problems,
    ...(ids.length === 0 ? ['ID is not given: `tasks --parked` shows them'] : []),
    ...(reason.trim() === ''
      ? ['--reason is not given: why the hole is accepted; it is kept with the task']
      : []),
  ];
  const changed = await withDatabase({ command: 'tasks', optionProblems }, context, (pool) =>
    acceptParkedTasks(pool, ids, { by, reason }),
  );
  printLines(context.stdout, [`${countOfTasks(changed)} accepted by ${by}: the watermark may pass`]);
  return reportUnchanged(ids.length - changed, context);
}

function reportUnchanged(unchanged: number, { stderr }: CommandContext): ExitCode {
  if (unchanged === 0) return 0;
  printLines(stderr, [`${countOfTasks(unchanged)} not changed: not parked, or unknown`]);
  return 1;
}

function countOfTasks(count: number): string {
  return count === 1 ? '1 task' : `${humanCount(count)} tasks`;
}
