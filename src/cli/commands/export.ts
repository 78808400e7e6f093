import type { Command } from 'commander';
import type { RawExportOptions } from '../options/range-options.ts';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';

/** `export`: events to files. */
export function addExportCommand(program: Command, run: Run): void {
  program
    .command('export')
    .description('events to CSV or Parquet files, one for each event type and month')
    .option('--out <path>', 'required: the folder of the files; - for standard output (CSV, one event type)')
    .option('--format <format>', 'csv or parquet (default: csv)')
    .option('--events <list>', 'event types, comma-separated (default: all)')
    .option('--accounts <list>', 'MIDs, comma-separated (default: all)')
    .option('--from <time>', 'a date (midnight UTC) or an ISO instant with offset')
    .option('--to <time>', 'the first instant after the range')
    .option('--since-last <name>', 'only whole days of jobs that changed since the export of that name')
    .addHelpText(
      'after',
      examples(
        'export --from 2026-01-01 --to 2026-07-01 --format parquet --out events/',
        'export --since-last warehouse --format parquet --out events/',
        'export --events click --from 2026-07-01 --to 2026-07-02 --out - | gzip > clicks.csv.gz',
      ),
    )
    .action((raw: RawExportOptions) => run((context) => exportFiles(raw, context)));
}

async function exportFiles(raw: RawExportOptions, context: CommandContext): Promise<ExitCode> {
  const { runExport } = await import('../runtime/files/run-export.ts');
  return await runExport(raw, context);
}
