import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { printJson, printLines } from '../output.ts';
import { clockOf, columnsOf } from '../terminal/terminal.ts';

/** `status`: what is loaded, what is open, and what needs a person. */
export function addStatusCommand(program: Command, run: Run): void {
  program
    .command('status')
    .description('how far events are complete, holes, watermarks, open and parked tasks, gate, last runs')
    .option('--json', 'the same as one JSON object')
    .addHelpText('after', examples('status', 'status --json'))
    .action((options: StatusOptions) => run((context) => showStatus(options, context)));
}

interface StatusOptions {
  readonly json?: boolean;
}

async function showStatus({ json = false }: StatusOptions, context: CommandContext): Promise<ExitCode> {
  const { withDatabase } = await import('../open-database.ts');
  const { readStatusReport } = await import('../../store/status/report.ts');
  // One connection is enough: more of them take longer to open than the questions to be asked one after the other.
  const report = await withDatabase({ command: 'status', connectionsMax: 1 }, context, (pool, config) =>
    readStatusReport(pool, context.now(), config),
  );
  if (json) {
    printJson(context.stdout, report);
  } else {
    const { renderStatus } = await import('../status-text.ts');
    const { stdout } = context;
    printLines(stdout, [renderStatus(report, { columns: columnsOf(stdout), clock: clockOf(stdout) })]);
  }
  return 0;
}
