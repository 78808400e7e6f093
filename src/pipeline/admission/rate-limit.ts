import { reserveRequests } from '../../store/accounts.ts';
import type { Pool } from '../../store/pool.ts';
import { sleep } from '../backoff.ts';

/** Requests are paid for in blocks of a tenth of a second's worth, at least one. */
const paymentsPerMinute = 600;

export interface PaceOptions {
  readonly pool: Pool;
  readonly requestsPerMinute: number;
  readonly concurrencyPerAccount: number;
  /** Right after the gate opened, work resumes at reduced concurrency. */
  readonly isRampingUp: () => boolean;
}

/**
 * How fast requests may leave for each account, over all processes: so many a minute, and so many at
 * once; half as many at once for an account that asked us to slow down, and right after maintenance.
 */
export class RateLimit {
  readonly #options: PaceOptions;
  readonly #paid = new Map<number, number>();
  readonly #slowed = new Set<number>();

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Waits until the next request may leave. */
  async reserve(accountId: number, signal: AbortSignal): Promise<void> {
    const paid = this.#paid.get(accountId) ?? 0;
    if (paid > 0) {
      this.#paid.set(accountId, paid - 1);
      return;
    }
    const { pool, requestsPerMinute } = this.#options;
    const block = Math.max(1, Math.floor(requestsPerMinute / paymentsPerMinute));
    const { waitMs, isSlowed } = await reserveRequests(pool, accountId, block, requestsPerMinute);
    this.#paid.set(accountId, block - 1);
    if (isSlowed) this.#slowed.add(accountId);
    else this.#slowed.delete(accountId);
    if (waitMs > 0) await sleep(waitMs, signal);
  }

  /** Retrieves that may be in flight at once for the account. */
  slots(accountId: number): number {
    const { concurrencyPerAccount, isRampingUp } = this.#options;
    const isReduced = isRampingUp() || this.#slowed.has(accountId);
    return isReduced ? Math.ceil(concurrencyPerAccount / 2) : concurrencyPerAccount;
  }
}
