import { findEventDefinition } from '../../events/catalog.ts';
import { replayRejected } from '../../pipeline/replay-rejected.ts';
import { createPartitionKeeper } from '../../store/load/partitions.ts';
import { listRejected } from '../../store/load/rejected-records.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { withDatabase } from '../open-database.ts';
import { humanCount, humanInstant, printJson, printLines, renderTable } from '../output.ts';

/** A terminal holds no more, and --json is for more. */
const shownMax = 200;
const jsonMax = 100_000;

/** Lists records that could not be read, the latest first. What they hold is personal: only --json shows it. */
export async function runRejectedCommand(
  { json }: { readonly json: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const records = await withDatabase('rejected', context, (pool) =>
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

/** Reads the kept records again; what can be read now becomes rows, the rest stays. */
export async function runRejectedReplayCommand(_options: object, context: CommandContext): Promise<ExitCode> {
  const { read, inserted, left } = await withDatabase('rejected', context, (pool) =>
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
