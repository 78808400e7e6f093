import { type PipelineError, ResponseMalformedError, SoapFaultError, TransportError } from '../errors.ts';
import type { AccountClient } from './account-client.ts';
import { writeSystemStatus } from './request/envelope.ts';

export type SystemStatus = 'available' | 'in-maintenance' | 'unplanned-outage';

/**
 * Calls GetSystemStatus once. Of several results the worst counts; a response without a known one throws,
 * and so does a failing call.
 *
 * Marketing Cloud: the overall status says whether the call worked, not how the system is. To be called
 * after faults and exceptions only, never before each request.
 */
export async function requestSystemStatus(
  account: AccountClient,
  signal: AbortSignal,
): Promise<SystemStatus> {
  const { systemStatuses, requestId } = await account.send(
    {
      ...{ action: 'GetSystemStatus', body: writeSystemStatus(), properties: [], recordsMax: 0 },
      begin: () => ({ append: () => undefined }),
    },
    signal,
  );
  if (systemStatuses.includes('UnplannedOutage')) return 'unplanned-outage';
  if (systemStatuses.includes('InMaintenance')) return 'in-maintenance';
  if (systemStatuses.length > 0 && systemStatuses.every((status) => status === 'OK')) return 'available';
  throw new ResponseMalformedError('The response of GetSystemStatus names no known status', { requestId });
}

/**
 * Whether a failed status call is evidence of an outage: a fault that names one, or no response from a service that has
 * responded before. A call that is refused, or whose response cannot be understood, says nothing.
 */
export function isOutageEvident(error: PipelineError): boolean {
  if (error instanceof SoapFaultError) return outageCodes.has(error.context.detailCode ?? 0);
  return error instanceof TransportError && error.context.isFirstContact !== true;
}

// Numbers of the faults "Unplanned Outage" and "In Maintenance".
const outageCodes: ReadonlySet<number> = new Set([2, 9]);
