import type { Command } from 'commander';
import type { Pool } from '../../store/connection/pool.ts';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { humanCount } from '../../operations/format.ts';
import { printLines } from '../output.ts';

/** `rollups refresh`, `rollups rebuild` and `rollups check`: the tables behind the views of `bi`. */
export function addRollupsCommand(program: Command, run: Run): void {
  const rollups = program
    .command('rollups')
    .description('the tables behind the views of bi: bring them up to date, build them anew, check them')
    .addHelpText('after', examples('rollups refresh', 'rollups check'));
  const works = {
    refresh: { work: refresh, description: 'bring them up to date with the events loaded since' },
    rebuild: { work: rebuild, description: 'compute them anew from all events' },
    check: {
      work: check,
      description: 'compare a sample of jobs with their events; exit code 1 if one differs',
    },
  };
  for (const [name, { work, description }] of Object.entries(works)) {
    rollups
      .command(name)
      .description(description)
      .addHelpText('after', examples(`rollups ${name}`))
      .action(() => run((context) => withPool(context, work)));
  }
}

// Of each account; a night's check of the same size finds what is wrong in one job of a hundred within a week.
const checkedJobsMax = 20;

type Work = (pool: Pool, context: CommandContext) => Promise<ExitCode>;

async function withPool(context: CommandContext, work: Work): Promise<ExitCode> {
  const { withDatabase } = await import('../open-database.ts');
  return await withDatabase({ command: 'rollups' }, context, (pool) => work(pool, context));
}

async function refresh(pool: Pool, { stdout, signals }: CommandContext): Promise<ExitCode> {
  const { refreshRollups } = await import('../../bi/refresh.ts');
  const { jobs } = await refreshRollups(pool, { waits: true, signal: signals.drain });
  printLines(stdout, [
    jobs === 0 ? 'the rollups are up to date' : `rollups of ${humanCount(jobs)} jobs refreshed`,
  ]);
  return 0;
}

async function rebuild(pool: Pool, { stdout, signals }: CommandContext): Promise<ExitCode> {
  const { rebuildRollups } = await import('../../bi/refresh.ts');
  const { jobs } = await rebuildRollups(pool, signals.drain);
  printLines(stdout, [`rollups of ${humanCount(jobs)} jobs built from their events`]);
  return 0;
}

async function check(pool: Pool, { stdout, signals }: CommandContext): Promise<ExitCode> {
  const { checkRollups } = await import('../../bi/check.ts');
  const { checkedJobs, mismatches } = await checkRollups(pool, {
    jobsMax: checkedJobsMax,
    signal: signals.drain,
  });
  const differing = mismatches.map(
    ({ accountId, jobId }) =>
      `job ${jobId} of account ${accountId} differed from its events and was computed again`,
  );
  const sum = `${humanCount(checkedJobs)} jobs compared with their events, ${humanCount(mismatches.length)} differed`;
  printLines(stdout, [...differing, sum]);
  return mismatches.length > 0 ? 1 : 0;
}
