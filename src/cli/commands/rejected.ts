import type { Command } from 'commander';
import { program } from '../../invocation.ts';
import { accountLegend } from '../terminal/account-legend.ts';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { humanCount } from '../../operations/format.ts';
import { printJsonList, printLines } from '../output.ts';
import { renderTable } from '../terminal/table.ts';
import { clockOf, columnsOf } from '../terminal/terminal.ts';

/** `rejected`, `rejected replay` and `rejected dismiss`: records that could not be read. */
export function addRejectedCommand(cli: Command, run: Run): void {
  const rejected = cli
    .command('rejected')
    .description('records that could not be read, with the reason; read them again after a fix')
    .option('--json', 'with the records themselves, as one JSON object')
    .addHelpText('after', examples('rejected', 'rejected --json', 'rejected replay'))
    .action((options: ListOptions) => run((context) => list(options, context)));

  rejected
    .command('replay')
    .description('read them again: records that can be read now become events, the others stay')
    .addHelpText('after', examples('rejected replay'))
    .action(() => run(replay));

  rejected
    .command('dismiss')
    .description('put records aside for good, recorded with who and why: they count no more')
    .argument('[id...]', 'ids, as `rejected` shows them')
    .option('--all', 'every rejected record')
    .option('--reason <text>', 'required: why they are put aside')
    .option('--by <name>', 'who puts them aside (default: the user of this process)')
    .addHelpText('after', examples('rejected dismiss 12 13 --reason "test sends"'))
    .action((ids: string[], options: DismissOptions) => run((context) => dismiss(ids, options, context)));
}

interface ListOptions {
  readonly json?: boolean;
}

// A longer table cannot be read on a terminal; --json lists all.
const shownMax = 200;

/** The latest first. The records hold personal data, so only --json shows them. */
async function list({ json = false }: ListOptions, context: CommandContext): Promise<ExitCode> {
  const { withDatabase } = await import('../open-database.ts');
  const { listRejected, readAllRejected } = await import('../../store/load/rejected-records.ts');
  if (json) {
    await withDatabase({ command: 'rejected' }, context, (pool) =>
      printJsonList(context.stdout, 'records', (take) => readAllRejected(pool, take)),
    );
    return 0;
  }
  const { readAccounts } = await import('../../store/status/accounts.ts');
  const { records, accounts } = await withDatabase({ command: 'rejected' }, context, async (pool) => ({
    records: await listRejected(pool, shownMax),
    accounts: await readAccounts(pool),
  }));
  if (records.length === 0) {
    printLines(context.stdout, ['no rejected records']);
    return 0;
  }
  const clock = clockOf(context.stdout);
  const columns = [
    { title: 'id', align: 'right' as const, isKey: true },
    { title: 'account' },
    { title: 'job', align: 'right' as const, isKey: true },
    { title: 'events', isKey: true },
    { title: 'times seen', align: 'right' as const },
    { title: clock.title('last seen') },
    { title: 'reason', wraps: true },
  ];
  const rows = records.map((record) => [
    ...[String(record.id), String(record.accountId), String(record.jobId ?? '–'), record.eventType],
    ...[humanCount(record.timesSeen), clock.cell(record.lastSeenAt), record.reason],
  ]);
  printLines(context.stdout, [
    renderTable(columns, rows, columnsOf(context.stdout)),
    ...accountLegend(accounts, records),
    '',
    `The records themselves: \`${program} rejected --json\`. After a fix: \`${program} rejected replay\`.`,
  ]);
  return 0;
}

async function replay(context: CommandContext): Promise<ExitCode> {
  const { withDatabase } = await import('../open-database.ts');
  const { findEventDefinition } = await import('../../events/catalog.ts');
  const { replayRejected } = await import('../../pipeline/replay-rejected.ts');
  const { createPartitionKeeper } = await import('../../store/load/partitions.ts');
  const { openPrivacy } = await import('../../pipeline/privacy.ts');
  const { read, inserted, left } = await withDatabase(
    { command: 'rejected' },
    context,
    async (pool, { retention, keySecret }) =>
      replayRejected({
        pool,
        retention,
        partitions: createPartitionKeeper({ pool }),
        privacy: await openPrivacy(pool, keySecret?.reveal()),
        findDefinition: findEventDefinition,
        now: context.now,
      }),
  );
  printLines(context.stdout, [
    `${humanCount(read)} records read again: ${humanCount(inserted)} new events, ${humanCount(left)} still cannot be read`,
  ]);
  return left > 0 ? 1 : 0;
}

interface DismissOptions {
  readonly all?: boolean;
  readonly reason?: string;
  readonly by?: string;
}

async function dismiss(
  texts: readonly string[],
  options: DismissOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { currentUser } = await import('../current-user.ts');
  const { parseIds } = await import('../options/values.ts');
  const { withDatabase } = await import('../open-database.ts');
  const { dismissRejected } = await import('../../store/load/settle-rejected.ts');
  const { all = false, reason = '', by = currentUser() } = options;
  const { options: ids, problems } = parseIds('ID', texts);
  const optionProblems = [
    ...problems,
    ...(all === ids.length > 0 ? ['name the records to dismiss, or --all: `rejected` shows their ids'] : []),
    ...(reason.trim() === '' ? ['--reason is not given: why they are put aside; it is kept with them'] : []),
  ];
  const changed = await withDatabase({ command: 'rejected', optionProblems }, context, (pool) =>
    dismissRejected(pool, all ? 'all' : ids, { by, reason }),
  );
  printLines(context.stdout, [`${countOfRecords(changed)} dismissed by ${by}`]);
  const unchanged = all ? 0 : ids.length - changed;
  if (unchanged === 0) return 0;
  printLines(context.stderr, [`${countOfRecords(unchanged)} not changed: dismissed before, or unknown`]);
  return 1;
}

function countOfRecords(count: number): string {
  return count === 1 ? '1 record' : `${humanCount(count)} records`;
}
