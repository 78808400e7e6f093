import { failureFields } from '../../errors.ts';
import type { Runtime } from './compose.ts';

/**
 * Brings the rollups up to date with what a run loaded, unless the process has been told to stop. A failure is logged
 * and changes nothing about the run: the next refresh takes up what this one left.
 */
export async function refreshAfterRun({ database, runSignals, logger }: Runtime): Promise<void> {
  const { refreshRollups } = await import('../../bi/refresh.ts');
  const isStopping = (): boolean => runSignals.drain.aborted || runSignals.bug.aborted;
  if (isStopping()) return;
  try {
    const { jobs } = await refreshRollups(database.pool, { waits: true, signal: runSignals.drain });
    logger.info({ jobs }, 'rollups refreshed');
  } catch (error) {
    if (!isStopping()) logger.warn(failureFields(error), 'rollups not refreshed');
  }
}
