import { failureFields } from '../../errors.ts';
import type { Runtime } from './compose.ts';

/**
 * Brings the rollups up to date with what a run loaded, and records jobs that Marketing Cloud counts more events of;
 * not where the process was told to stop. A failure is logged and changes nothing about the run: the next refresh takes
 * up what this one left.
 */
export async function refreshAfterRun({ database, runSignals, logger }: Runtime): Promise<void> {
  const { refreshRollups } = await import('../../bi/refresh.ts');
  const isStopping = (): boolean => runSignals.drain.aborted || runSignals.fatal.aborted;
  if (isStopping()) return;
  try {
    const { jobs } = await refreshRollups(database.pool, { waits: true, signal: runSignals.drain });
    logger.info({ jobs }, 'rollups refreshed');
    const { recordDeficits } = await import('../../bi/completeness.ts');
    const deficits = await recordDeficits(database.pool);
    if (deficits > 0)
      logger.warn({ jobs: deficits }, 'events are missing: the next sync reads these jobs again in full');
  } catch (error) {
    if (!isStopping()) logger.warn(failureFields(error), 'rollups not refreshed');
  }
}
