import type { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import type { BackfillOptions, RawRunOptions } from '../options/run-options.ts';
import { examples, type Run, summaryHelp, withSelection } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { printLines } from '../output.ts';

/** `backfill`: one run over an explicit range; leaves watermarks alone. */
export function addBackfillCommand(program: Command, run: Run): void {
  withSelection(program.command('backfill'))
    .description('one run over an explicit range [from, to); leaves watermarks alone')
    .option('--from <time>', 'required: a date (midnight UTC) or an ISO instant with offset')
    .option('--to <time>', 'required: the first instant after the range')
    .option('--dry-run', 'only say what it would cost: jobs, windows, requests, time, events, bytes')
    .option('--oldest-first', 'begin with the oldest window, not with the newest')
    .option('--until <time>', 'end at the next HH:MM (SYNC_TIMEZONE); the same command continues')
    .option(
      '--force',
      'read the range again instead of continuing an interrupted backfill of it, also one that ended 730 days ago',
    )
    .option('--json', summaryHelp)
    .addHelpText(
      'after',
      examples(
        'backfill --from 2026-01-01 --to 2026-07-01 --dry-run',
        'backfill --from 2026-01-01 --to 2026-07-01 --until 06:00',
        'backfill --from 2026-07-01T00:00:00+02:00 --to 2026-07-02 --events click',
      ),
    )
    .action((raw: RawRunOptions) => run((context) => backfill(raw, context)));
}

/** Continues where the same command stopped before, unless `--force` is given. */
async function backfill(raw: RawRunOptions, context: CommandContext): Promise<ExitCode> {
  const { notKeptText, parseBackfillOptions } = await import('../options/run-options.ts');
  const { loadConfig } = await import('../../config/config.ts');
  const { retentionMs } = await import('../../pipeline/planning/windows.ts');
  const keptSince = new Date(context.now().getTime() - retentionMs);
  const { options, problems } = parseBackfillOptions(raw, context.now(), keptSince);
  const config = loadConfig(context.env, {
    cwd: context.cwd,
    needs: options.dryRun ? [] : ['marketing-cloud'],
    optionProblems: problems,
  });
  const warning = notKeptText(options, raw, keptSince);
  if (warning !== undefined) printLines(context.stderr, [`sfmc-tracking: ${warning}`]);
  if (options.dryRun) {
    const { withDatabase } = await import('../open-database.ts');
    const { printForecast } = await import('../runtime/run/forecast.ts');
    return withDatabase({ command: 'backfill' }, context, (pool) =>
      printForecast(options, config, pool, context),
    );
  }
  const { endingAt } = await import('../ending/ending-at.ts');
  const ending = endingAt(options.until, config.syncTimeZone, context);
  try {
    return await run(options, config, ending.context);
  } finally {
    ending.stop();
  }
}

async function run(options: BackfillOptions, config: Config, context: CommandContext): Promise<ExitCode> {
  const { keepHouse, runWithWorker } = await import('../runtime/run/run-with-worker.ts');
  const { runBackfill } = await import('../../pipeline/backfill.ts');
  return runWithWorker({ command: 'backfill', json: options.json, config }, context, {
    run: (runtime) =>
      runBackfill(
        {
          ...runtime.select(options),
          jobIds: options.jobIds,
          range: { from: options.from, to: options.to },
          isOldestFirst: options.oldestFirst,
          isForced: options.force,
        },
        runtime.runDeps,
        runtime.runSignals,
      ),
    afterRun: keepHouse,
  });
}
