import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { humanCount } from '../../operations/format.ts';
import { printJson, printLines } from '../output.ts';
import { renderTable } from '../terminal/table.ts';

/** `forget`: erases a person and keeps the person out. */
export function addForgetCommand(program: Command, run: Run): void {
  program
    .command('forget')
    .description('erases a person from every table, and keeps the person out of all that is loaded later')
    .option('--subscriber <key>', 'required: the subscriber key, exactly as Marketing Cloud sends it')
    .option('--json', 'the same as one JSON object')
    .addHelpText('after', examples('forget --subscriber anna@example.com'))
    .action((raw: ForgetOptions) => run((context) => forget(raw, context)));
}

interface ForgetOptions {
  readonly subscriber?: string;
  readonly json?: boolean;
}

/** The key itself is not printed: output is kept in logs. */
async function forget(
  { subscriber = '', json = false }: ForgetOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { withDatabase } = await import('../open-database.ts');
  const { openPrivacy } = await import('../../pipeline/privacy.ts');
  const { forgetPerson } = await import('../../pipeline/forget/forget-person.ts');
  const optionProblems =
    subscriber.trim() === '' ? ['--subscriber is not given: the subscriber key of the person to forget'] : [];
  const erased = await withDatabase({ command: 'forget', optionProblems }, context, async (pool, config) =>
    forgetPerson(pool, subscriber, await openPrivacy(pool, config.keySecret?.reveal())),
  );
  const rows = [...erased.values()].reduce((sum, count) => sum + count, 0);
  if (json) {
    printJson(context.stdout, { rows, erased: Object.fromEntries(erased) });
    return 0;
  }
  const found = [...erased].filter(([, count]) => count > 0);
  const columns = [{ title: 'table' }, { title: 'rows erased', align: 'right' as const }];
  const table = renderTable(
    columns,
    found.map(([name, count]) => [name, humanCount(count)]),
  );
  const after = 'The person is kept out from now on.';
  printLines(context.stdout, rows === 0 ? [`Nothing was found. ${after}`] : [table, '', after]);
  return 0;
}
