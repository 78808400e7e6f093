import type { Command } from 'commander';
import { examples, type Run, summaryHelp } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';

/** `import`: the files of a Tracking Extract into the tables of events. */
export function addImportCommand(program: Command, run: Run): void {
  program
    .command('import')
    .description('Tracking Extract files into the tables of events, merged with what is there')
    .option('--tracking-extract <path>', 'required: a folder, a CSV file or a ZIP archive')
    .option('--timezone <zone>', 'of the dates in the files (default: -06:00, Marketing Cloud’s own)')
    .option('--account <mid>', 'the business unit of files without ClientID')
    .option('--json', summaryHelp)
    .addHelpText(
      'after',
      examples(
        'import --tracking-extract july.zip',
        'import --tracking-extract extracts/ --timezone Europe/Berlin',
      ),
    )
    .action((raw: ImportOptions) => run((context) => importFiles(raw, context)));
}

interface ImportOptions {
  readonly trackingExtract?: string;
  readonly timezone?: string;
  readonly account?: string;
  readonly json?: boolean;
}

async function importFiles(raw: ImportOptions, context: CommandContext): Promise<ExitCode> {
  const { runImport } = await import('../runtime/files/run-import.ts');
  return await runImport(raw, context);
}
