import type { Command } from 'commander';
import { parseIds, type RawOptions } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { example, type Run } from './help.ts';

/** The commands that show where things stand, and a person's hands in it. */
export function addStatusCommand(program: Command, context: CommandContext, run: Run): void {
  program
    .command('status')
    .description('watermark, lag, open and parked tasks, rejected records, gate, last runs')
    .option('--json', 'the same as one JSON object')
    .addHelpText('after', example('status', 'status --json'))
    .action(async ({ json = false }: RawOptions) => {
      const { runStatusCommand } = await import('./commands/status.ts');
      await run(runStatusCommand({ json }, context));
    });
}

export function addTaskCommands(program: Command, context: CommandContext, run: Run): void {
  const tasks = program
    .command('tasks')
    .description('open and parked extract tasks; retry a parked one, or accept its hole')
    .option('--parked', 'parked tasks only')
    .option('--json', 'the same as one JSON object')
    .addHelpText(
      'after',
      example(
        'tasks --parked',
        'tasks retry 4711',
        'tasks retry --all',
        'tasks accept 4711 --reason "job was deleted"',
      ),
    )
    .action(async ({ parked = false, json = false }: RawOptions & { parked?: boolean }) => {
      const { runTasksCommand } = await import('./commands/tasks.ts');
      await run(runTasksCommand({ parkedOnly: parked, json }, context));
    });

  tasks
    .command('retry')
    .description('parked tasks are planned again, with a clean record of attempts')
    .argument('[id...]', 'task ids, as `tasks` shows them')
    .option('--all', 'every parked task')
    .addHelpText('after', example('tasks retry 4711 4712', 'tasks retry --all'))
    .action(async (ids: string[], { all = false }: { all?: boolean }) => {
      const { runTasksRetryCommand } = await import('./commands/tasks.ts');
      await run(runTasksRetryCommand({ taskIds: parseIds('ID', ids), all }, context));
    });

  tasks
    .command('accept')
    .description('a hole is accepted by a person, recorded with who and why; the watermark may pass')
    .argument('[id...]', 'task ids, as `tasks --parked` shows them')
    .option('--reason <text>', 'required: why the hole is accepted')
    .option('--by <name>', 'who accepts it (default: the user of this process)')
    .addHelpText('after', example('tasks accept 4711 --reason "job was deleted in Marketing Cloud"'))
    .action(async (ids: string[], { reason, by }: { reason?: string; by?: string }) => {
      const { runTasksAcceptCommand } = await import('./commands/tasks.ts');
      await run(runTasksAcceptCommand({ taskIds: parseIds('ID', ids), reason, by }, context));
    });
}

export function addRejectedCommands(program: Command, context: CommandContext, run: Run): void {
  const rejected = program
    .command('rejected')
    .description('records that could not be read, with the reason; read them again after a fix')
    .option('--json', 'with the records themselves, as one JSON object')
    .addHelpText('after', example('rejected', 'rejected --json', 'rejected replay'))
    .action(async ({ json = false }: RawOptions) => {
      const { runRejectedCommand } = await import('./commands/rejected.ts');
      await run(runRejectedCommand({ json }, context));
    });

  rejected
    .command('replay')
    .description('read them again: those that can be read now become events, the rest stays')
    .addHelpText('after', example('rejected replay'))
    .action(async () => {
      const { runRejectedReplayCommand } = await import('./commands/rejected.ts');
      await run(runRejectedReplayCommand({}, context));
    });
}
