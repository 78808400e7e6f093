import { loadConfig } from '../../config/config.ts';
import type { SyncOptions } from '../arguments.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { runWithWorker } from '../run-command.ts';

/** One run now: discover jobs, plan what is owed, extract, report. What the nightly schedule runs. */
export async function runSyncCommand(options: SyncOptions, context: CommandContext): Promise<ExitCode> {
  const config = loadConfig(context.env, { cwd: context.cwd, needs: ['marketing-cloud'] });
  return runWithWorker(
    {
      command: 'sync',
      json: options.json,
      config,
      run: async (runtime) => {
        const { definitionsOf } = await import('../compose.ts');
        const { selectAccounts } = await import('../connect-accounts.ts');
        const { runSync } = await import('../../pipeline/sync.ts');
        const selection = {
          accounts: selectAccounts(runtime.accounts, options.accountIds),
          definitions: definitionsOf(options.eventTypes ?? config.eventTypes),
          jobIds: options.jobIds,
        };
        const summary = await runSync(selection, runtime.runDeps, runtime.runSignals);
        if (summary === undefined) throw new Error('a sync without a tick was refused its row');
        return summary;
      },
    },
    context,
  );
}
