import type { Holds } from './hold.ts';
import type { RequestLog } from './request-log.ts';
import type { SystemStatus } from '../soap/responses.ts';
import type { SoapServiceOptions } from '../soap/soap-service.ts';

/** What every request of one running server shares. */
export interface ServerContext {
  readonly service: SoapServiceOptions;
  readonly log: RequestLog;
  readonly holds: Holds;
  readonly latencyMs: number;
  readonly isGzipOn: boolean;
  readonly signal: AbortSignal;
  readonly setSystemStatus: (status: SystemStatus) => void;
}
