import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { humanCount, humanInstant } from '../../operations/format.ts';
import { printJson, printLines, renderTable } from '../output.ts';

/** `rejected` and `rejected replay`: records that could not be read. */
export function addRejectedCommand(program: Command, run: Run): void {
  const rejected = program
    .command('rejected')
    .description('records that could not be read, with the reason; read them again after a fix')
    .option('--json', 'with the records themselves, as one JSON object')
    .addHelpText('after', examples('rejected', 'rejected --json', 'rejected replay'))
    .action((options: ListOptions) => run((context) => list(options, context)));

  rejected
    .command('replay')
    .description('read them again: records that can be read now become events, the others stay')
    .addHelpText('after', examples('rejected replay'))
    .action(() => run(replay));
}

interface ListOptions {
  readonly json?: boolean;
}

// A longer table cannot be read on a terminal; --json lists more.
const shownMax = 200;
const jsonMax = 100_000;

/** The latest first. The records hold personal data, so only --json shows them. */
async function list({ json = false }: ListOptions, context: CommandContext): Promise<ExitCode> {
  const { withDatabase } = await import('../open-database.ts');
  const { listRejected } = await import('../../store/load/rejected-records.ts');
  const records = await withDatabase({ command: 'rejected' }, context, (pool) =>
    listRejected(pool, json ? jsonMax : shownMax),
  );
  if (json) {
    printJson(context.stdout, { records });
    return 0;
  }
  if (records.length === 0) {
    printLines(context.stdout, ['no rejected records']);
    return 0;
  }
  const columns = [
    { title: 'id', align: 'right' as const },
    { title: 'account' },
    { title: 'job' },
    { title: 'events' },
    { title: 'times seen', align: 'right' as const },
    { title: 'last seen (UTC)' },
    { title: 'reason' },
  ];
  const rows = records.map((record) => [
    ...[String(record.id), String(record.accountId), String(record.jobId ?? '–'), record.eventType],
    ...[humanCount(record.timesSeen), humanInstant(record.lastSeenAt), record.reason],
  ]);
  printLines(context.stdout, [
    renderTable(columns, rows),
    '',
    'The records themselves: `sfmc-tracking rejected --json`. After a fix: `sfmc-tracking rejected replay`.',
  ]);
  return 0;
}

async function replay(context: CommandContext): Promise<ExitCode> {
  const { withDatabase } = await import('../open-database.ts');
  const { findEventDefinition } = await import('../../events/catalog.ts');
  const { replayRejected } = await import('../../pipeline/replay-rejected.ts');
  const { createPartitionKeeper } = await import('../../store/load/partitions.ts');
  const { read, inserted, left } = await withDatabase({ command: 'rejected' }, context, (pool) =>
    replayRejected({
      pool,
      partitions: createPartitionKeeper({ pool }),
      findDefinition: findEventDefinition,
      now: context.now,
    }),
  );
  printLines(context.stdout, [
    `${humanCount(read)} records read again: ${humanCount(inserted)} new events, ${humanCount(left)} still cannot be read`,
  ]);
  return left > 0 ? 1 : 0;
}
