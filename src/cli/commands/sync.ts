import type { Command } from 'commander';
import type { RawRunOptions } from '../options/run-options.ts';
import { examples, type Run, summaryHelp, withSelection } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';

/** `sync`: one run now. What the nightly schedule runs. */
export function addSyncCommand(program: Command, run: Run): void {
  withSelection(program.command('sync'))
    .description('one run now: discover jobs, plan what is due, extract, report')
    .option('--json', summaryHelp)
    .addHelpText('after', examples('sync', 'sync --events open,click --jobs 1201,1202', 'sync --json'))
    .action((raw: RawRunOptions) => run((context) => sync(raw, context)));
}

async function sync(raw: RawRunOptions, context: CommandContext): Promise<ExitCode> {
  const { parseSyncOptions } = await import('../options/run-options.ts');
  const { loadConfig } = await import('../../config/config.ts');
  const { options, problems } = parseSyncOptions(raw);
  const config = loadConfig(context.env, {
    cwd: context.cwd,
    needs: ['marketing-cloud'],
    optionProblems: problems,
  });
  const { keepHouse, runWithWorker } = await import('../runtime/run/run-with-worker.ts');
  const { runSync } = await import('../../pipeline/sync.ts');
  return runWithWorker({ command: 'sync', json: options.json, config }, context, {
    run: async (runtime) => {
      const { runDeps, runSignals } = runtime;
      const parts = { ...runtime.select(options), jobIds: options.jobIds };
      const summary = await runSync(parts, runDeps, runSignals);
      if (summary === undefined) throw new Error('a sync without a tick was refused its row');
      return summary;
    },
    afterRun: keepHouse,
  });
}
