import type { Admission } from '../../marketing-cloud/account-client.ts';
import type { Reachability } from '../../marketing-cloud/transport/reachability.ts';
import type { Gate } from './gate.ts';
import type { RateLimit } from './rate-limit.ts';
import type { RequestCounter } from './request-counter.ts';

export interface AdmissionDeps {
  readonly gate: Gate;
  readonly rateLimit: RateLimit;
  readonly reachability: Reachability;
  readonly counter: RequestCounter;
}

/**
 * The one door that every request of an account passes: it waits for the rate limit, then for the gate.
 *
 * The status call is let through: the gate itself sends it. An account that is not identified yet has no
 * rate of its own.
 */
export function createAdmission(
  findAccountId: () => number | undefined,
  { gate, rateLimit }: Pick<AdmissionDeps, 'gate' | 'rateLimit'>,
): Admission {
  return {
    async admit(client, action, signal) {
      if (action === 'GetSystemStatus') return;
      const accountId = findAccountId();
      if (accountId !== undefined) await rateLimit.reserve(accountId, signal);
      await gate.waitUntilOpen(client, signal);
    },
    succeeded: (action) => (action === 'GetSystemStatus' ? Promise.resolve() : gate.noteSuccess()),
  };
}
