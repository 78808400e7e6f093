import { findEventDefinition } from '../../events/catalog.ts';
import { failureFields } from '../../errors.ts';
import { replayRejected } from '../../pipeline/replay-rejected.ts';
import { createPartitionKeeper } from '../../store/load/partitions.ts';
import { deleteOutdatedRejected } from '../../store/load/settle-rejected.ts';
import type { Runtime } from './compose.ts';

/** A run reads at most this many rejected records again; `rejected replay` reads all. */
const recordsMax = 20_000;

/**
 * Rejected records that can be read by now become events, and those that Marketing Cloud no longer returns leave.
 * A failure is logged and changes nothing about the run.
 */
export async function settleRejectedAfterRun(
  { database, runSignals, logger }: Runtime,
  now: () => Date,
): Promise<void> {
  const { pool } = database;
  const isStopping = (): boolean => runSignals.drain.aborted || runSignals.fatal.aborted;
  if (isStopping()) return;
  try {
    const outdated = await deleteOutdatedRejected(pool);
    const partitions = createPartitionKeeper({ pool });
    const replayed = await replayRejected({
      pool,
      partitions,
      findDefinition: findEventDefinition,
      now,
      recordsMax,
    });
    const readable = replayed.read - replayed.left;
    if (outdated + readable > 0) logger.info({ outdated, readable }, 'rejected records settled');
  } catch (error) {
    if (!isStopping()) logger.warn(failureFields(error), 'rejected records not read again');
  }
}
