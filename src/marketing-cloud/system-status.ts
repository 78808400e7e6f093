import { ResponseMalformedError } from '../errors.ts';
import type { AccountClient } from './account-client.ts';
import { writeSystemStatus } from './request/envelope.ts';

export type SystemStatus = 'available' | 'in-maintenance' | 'unplanned-outage';

/**
 * Asks GetSystemStatus once. Of several results the worst counts; an answer without a known one throws,
 * and so does a failing call.
 *
 * Marketing Cloud: the overall status says whether the call worked, not how the system is. To be asked
 * after faults and exceptions only, never before each call.
 */
export async function askSystemStatus(
  account: AccountClient,
  signal: AbortSignal,
  beforeRequest?: () => Promise<void>,
): Promise<SystemStatus> {
  const { systemStatuses, requestId } = await account.ask(
    {
      action: 'GetSystemStatus',
      body: writeSystemStatus(),
      properties: [],
      begin: async () => {
        await beforeRequest?.();
        return () => undefined;
      },
    },
    signal,
  );
  if (systemStatuses.includes('UnplannedOutage')) return 'unplanned-outage';
  if (systemStatuses.includes('InMaintenance')) return 'in-maintenance';
  if (systemStatuses.length > 0 && systemStatuses.every((status) => status === 'OK')) return 'available';
  throw new ResponseMalformedError('The system status answer names no known status', { requestId });
}
