import { PipelineError, SourceUnreachableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import {
  isOutageEvident,
  requestSystemStatus,
  type SystemStatus,
} from '../../marketing-cloud/system-status.ts';
import { type GateStore, unexplainedStatus } from '../../store/gate-state.ts';

export interface CheckDeps {
  readonly store: GateStore;
  /** How long until the next check, where this one closes the gate. */
  readonly pollMs: number;
  readonly logger: Logger;
}

/** Whether a check brought a status of Marketing Cloud. */
export type CheckResult = 'status' | 'no-status';

/** Status calls that fail as in an outage, in a row, before the gate closes. */
export const failedChecksMax = 2;

/**
 * Calls GetSystemStatus once, and opens or closes the gate by what is evident from it.
 *
 * A call that is refused, or whose response cannot be understood, says nothing: the gate stays as it is.
 *
 * @throws {SourceUnreachableError} when the service has never responded: that is a wrong setting.
 */
export async function checkStatus(
  client: AccountClient,
  deps: CheckDeps,
  signal: AbortSignal,
): Promise<CheckResult> {
  try {
    const status = await requestSystemStatus(client, signal);
    deps.logger.info({ systemStatus: status }, 'system status checked');
    if (status === 'available') await deps.store.open();
    else await closeFor(status, deps);
    return 'status';
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PipelineError) || error instanceof SourceUnreachableError) throw error;
    return takeFailure(error, deps);
  }
}

async function takeFailure(error: PipelineError, deps: CheckDeps): Promise<CheckResult> {
  const { store, logger } = deps;
  const isEvident = isOutageEvident(error);
  const fields = { code: error.code, reason: error.message, isEvident };
  logger.warn(fields, 'system status could not be checked');
  if (!isEvident) {
    await store.noteRefusedCheck();
    return 'no-status';
  }
  const failures = await store.countFailedCheck();
  if (failures >= failedChecksMax || !(await store.read()).isOpen)
    await close(unexplainedStatus, `the system status could not be checked: ${error.message}`, deps);

  return 'no-status';
}

function closeFor(status: Exclude<SystemStatus, 'available'>, deps: CheckDeps): Promise<void> {
  const systemStatus = status === 'in-maintenance' ? 'InMaintenance' : 'UnplannedOutage';
  return close(systemStatus, `Marketing Cloud reports ${systemStatus}`, deps);
}

/** Closes the gate, or keeps it closed until the next check; logged when it was open. */
async function close(
  systemStatus: string,
  reason: string,
  { store, pollMs, logger }: CheckDeps,
): Promise<void> {
  const { isOpen } = await store.read();
  await store.close({ systemStatus, reason, pollMs });
  if (isOpen) logger.error({ systemStatus, reason }, 'gate closed');
}
