import type { Config } from '../../../config/config.ts';
import type { Logger } from '../../../logger.ts';
import type { AdmissionDeps } from '../../../pipeline/admission/admission.ts';
import { Reachability } from '../../../marketing-cloud/transport/reachability.ts';
import { Gate } from '../../../pipeline/admission/gate.ts';
import { RateLimit } from '../../../pipeline/admission/rate-limit.ts';
import { sleep } from '../../../pipeline/backoff.ts';
import { RequestCounter } from '../../../pipeline/admission/request-counter.ts';
import { reserveRequests } from '../../../store/accounts.ts';
import { createEndpointMemory } from '../../../store/endpoints.ts';
import { createGateStore } from '../../../store/gate-state.ts';
import { reduceSlots } from '../../../store/slots/reduced-slots.ts';
import { addRequests } from '../../../store/request-days.ts';
import type { Pool } from '../../../store/connection/pool.ts';

/** Gate, rate limit and the watch over addresses, which all accounts share. */
export function openAdmission(config: Config, now: () => Date, pool: Pool, logger: Logger): AdmissionDeps {
  const { requestsPerMinute, concurrencyPerAccount, statusPollMs } = config;
  const gate = new Gate({ store: createGateStore(pool), pollMs: statusPollMs, logger, now, sleep });
  const rateLimit = new RateLimit({
    reserve: (accountId, requests) => reserveRequests(pool, accountId, requests, requestsPerMinute),
    reduce: (accountId, slots, code) => reduceSlots(pool, { accountId, slots, code }),
    isRampingUp: () => gate.isRampingUp(),
    ...{ requestsPerMinute, concurrencyPerAccount, sleep, logger },
  });
  const reachability = new Reachability({ memory: createEndpointMemory(pool), now });
  const counter = new RequestCounter({ write: (counts) => addRequests(pool, counts), now, logger });
  return { gate, rateLimit, reachability, counter };
}
