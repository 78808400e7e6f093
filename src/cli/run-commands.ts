import type { Command } from 'commander';
import { parseBackfillOptions, parseSyncOptions, type RawOptions } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { example, type Run } from './help.ts';

/** The commands that extract. */
export function addRunCommands(program: Command, context: CommandContext, run: Run): void {
  withSelection(
    program.command('sync').description('one run now: discover jobs, plan what is owed, extract, report'),
  )
    .option('--json', jsonHelp)
    .addHelpText('after', example('sync', 'sync --events open,click --jobs 1201,1202', 'sync --json'))
    .action(async (raw: RawOptions) => {
      const options = parseSyncOptions(raw);
      const { runSyncCommand } = await import('./commands/sync.ts');
      await run(runSyncCommand(options, context));
    });

  withSelection(
    program
      .command('backfill')
      .description('one run over an explicit range [from, to); leaves watermarks alone'),
  )
    .option('--from <time>', 'required: a date (midnight UTC) or an ISO instant with offset')
    .option('--to <time>', 'required: the first instant after the range')
    .option('--oldest-first', 'begin with the oldest window')
    .option('--force', 'read afresh, where an interrupted backfill of this range could be continued')
    .option('--json', jsonHelp)
    .addHelpText(
      'after',
      example(
        'backfill --from 2026-01-01 --to 2026-07-01',
        'backfill --from 2026-07-01T00:00:00+02:00 --to 2026-07-02 --events click',
      ),
    )
    .action(async (raw: RawOptions) => {
      const options = parseBackfillOptions(raw);
      const { runBackfillCommand } = await import('./commands/backfill.ts');
      await run(runBackfillCommand(options, context));
    });
}

/** The commands that stay. */
export function addServiceCommands(program: Command, context: CommandContext, run: Run): void {
  program
    .command('serve')
    .description('schedule, worker, status page and metrics, until SIGTERM or SIGINT')
    .addHelpText('after', example('serve', 'serve   # SYNC_SCHEDULE="0 2 * * *" SYNC_TIMEZONE=Europe/Berlin'))
    .action(async () => {
      const { runServeCommand } = await import('./commands/serve.ts');
      await run(runServeCommand({}, context));
    });

  program
    .command('worker')
    .description(
      'only takes extract tasks from the queue, until SIGTERM or SIGINT; start as many as you like',
    )
    .addHelpText('after', example('worker'))
    .action(async () => {
      const { runWorkerCommand } = await import('./commands/worker.ts');
      await run(runWorkerCommand({}, context));
    });
}

function withSelection(command: Command): Command {
  return command
    .option('--events <list>', 'event types, comma-separated (default: EVENT_TYPES)')
    .option('--jobs <list>', 'JobIDs, comma-separated (default: all)')
    .option('--accounts <list>', 'MIDs, comma-separated (default: SFMC_ACCOUNT_IDS)');
}

const jsonHelp = 'end with one JSON object, alone on the last line of stdout';
