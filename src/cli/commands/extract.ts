import type { Command } from 'commander';
import type { RawExtractOptions } from '../options/range-options.ts';
import { examples, type Run, withSelection } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';

/** `extract`: Tracking Extracts requested, fetched and imported. */
export function addExtractCommand(program: Command, run: Run): void {
  withSelection(program.command('extract'))
    .description('the bulk road: requests Tracking Extracts, waits for them on the SFTP server, imports them')
    .option('--from <time>', 'required: a date (midnight UTC) or an ISO instant with offset')
    .option('--to <time>', 'required: the first instant after the range')
    .option('--wait <minutes>', 'how long to wait without a new file (default: 240); then exit code 4')
    .option('--delete-remote', 'delete each archive on the SFTP server once it is imported')
    .option('--keep-files', 'keep the fetched archives in DATA_DIR/extracts')
    .option('--json', 'end with one JSON object, alone on the last line of stdout')
    .addHelpText(
      'after',
      examples(
        'extract --from 2026-01-01 --to 2026-07-01',
        'extract --from 2026-06-01 --to 2026-07-01 --events click --wait 30 --delete-remote',
      ),
    )
    .action((raw: RawExtractOptions) => run((context) => extract(raw, context)));
}

async function extract(raw: RawExtractOptions, context: CommandContext): Promise<ExitCode> {
  const { runExtract } = await import('../runtime/files/run-extract.ts');
  return await runExtract(raw, context);
}
