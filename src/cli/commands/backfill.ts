import { loadConfig } from '../../config/config.ts';
import { ConfigInvalidError } from '../../errors.ts';
import type { BackfillOptions } from '../arguments.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { runWithWorker } from '../run-command.ts';

/** One run over an explicit range; leaves watermarks alone, and goes on where the same command stopped before. */
export async function runBackfillCommand(
  options: BackfillOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const config = loadConfig(context.env, { cwd: context.cwd, needs: ['marketing-cloud'] });
  if (options.from >= context.now())
    throw new ConfigInvalidError('--from is in the future: there is nothing to load yet');

  return runWithWorker(
    {
      command: 'backfill',
      json: options.json,
      config,
      run: async (runtime) => {
        const { definitionsOf } = await import('../compose.ts');
        const { selectAccounts } = await import('../connect-accounts.ts');
        const { runBackfill } = await import('../../pipeline/sync.ts');
        return runBackfill(
          {
            accounts: selectAccounts(runtime.accounts, options.accountIds),
            definitions: definitionsOf(options.eventTypes ?? config.eventTypes),
            jobIds: options.jobIds,
            range: { from: options.from, to: options.to },
            isOldestFirst: options.oldestFirst,
            isForced: options.force,
          },
          runtime.runDeps,
          runtime.runSignals,
        );
      },
    },
    context,
  );
}
