import type { Command } from 'commander';
import { humanCount } from '../../operations/format.ts';
import { printableLine } from '../../printable.ts';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { printJson, printLines } from '../output.ts';
import { renderTable } from '../terminal/table.ts';
import { clockOf, columnsOf } from '../terminal/terminal.ts';

/** `accounts` and `accounts retire`: business units, and those that are no longer read. */
export function addAccountsCommand(program: Command, run: Run): void {
  const accounts = program
    .command('accounts')
    .description('business units and their state; retire one that is no longer read')
    .option('--json', 'the same as one JSON object')
    .addHelpText('after', examples('accounts', 'accounts retire 7000001'))
    .action((options: ListOptions) => run((context) => list(options, context)));

  accounts
    .command('retire')
    .description(
      'takes business units out of status and alarms; their events stay, and a run that reads them again undoes it',
    )
    .argument('[id...]', 'MIDs, as `accounts` shows them')
    .addHelpText('after', examples('accounts retire 7000001'))
    .action((ids: string[]) => run((context) => retire(ids, context)));
}

interface ListOptions {
  readonly json?: boolean;
}

async function list({ json = false }: ListOptions, context: CommandContext): Promise<ExitCode> {
  const { withDatabase } = await import('../open-database.ts');
  const { readAccounts } = await import('../../store/status/accounts.ts');
  const accounts = await withDatabase({ command: 'accounts' }, context, (pool) => readAccounts(pool));
  if (json) {
    printJson(context.stdout, { accounts });
    return 0;
  }
  if (accounts.length === 0) {
    printLines(context.stdout, ['no business unit was read yet']);
    return 0;
  }
  const clock = clockOf(context.stdout);
  const columns = [
    { title: 'account', isKey: true },
    { title: 'business unit', isKey: true },
    { title: 'state', look: (state: string) => (state === 'refused' ? ('bad' as const) : undefined) },
    { title: clock.title('jobs known up to') },
    { title: '', wraps: true },
  ];
  const rows = accounts.map(({ accountId, name, state, jobsDiscoveredUntil, refusedReason }) => [
    ...[String(accountId), printableLine(name ?? '–'), state],
    ...[clock.cell(jobsDiscoveredUntil), refusedReason ?? ''],
  ]);
  printLines(context.stdout, [renderTable(columns, rows, columnsOf(context.stdout))]);
  return 0;
}

async function retire(texts: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { parseIds } = await import('../options/values.ts');
  const { withDatabase } = await import('../open-database.ts');
  const { retireAccounts } = await import('../../store/status/accounts.ts');
  const { options: ids, problems } = parseIds('ID', texts);
  const optionProblems = [
    ...problems,
    ...(texts.length === 0 ? ['ID is not given: `accounts` shows the MIDs'] : []),
  ];
  const changed = await withDatabase({ command: 'accounts', optionProblems }, context, (pool, config) => {
    warnAboutConfigured(
      config.accountIds.filter((id) => ids.includes(id)),
      context,
    );
    return retireAccounts(pool, ids);
  });
  const theirs = changed === 1 ? 'its' : 'their';
  printLines(context.stdout, [`${countOfAccounts(changed)} retired: ${theirs} events stay`]);
  if (changed === ids.length) return 0;
  printLines(context.stderr, [
    `${countOfAccounts(ids.length - changed)} not changed: retired before, or unknown`,
  ]);
  return 1;
}

function warnAboutConfigured(ids: readonly number[], { stderr }: CommandContext): void {
  if (ids.length === 0) return;
  printLines(stderr, [`SFMC_ACCOUNT_IDS still names ${ids.join(', ')}: the next run reads it again`]);
}

function countOfAccounts(count: number): string {
  return count === 1 ? '1 account' : `${humanCount(count)} accounts`;
}
