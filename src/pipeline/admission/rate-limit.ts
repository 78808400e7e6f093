import type { Sleep } from '../backoff.ts';

/** Requests are reserved in blocks of a tenth of a second's worth, at least one. */
const reservationsPerMinute = 600;

export interface Reservation {
  /** Time until the first reserved request may leave. */
  readonly waitMs: number;
  /** Marketing Cloud has lately asked this or another process to slow down. */
  readonly isSlowed: boolean;
}

export interface RateLimitOptions {
  /** Reserves requests for an account, over all processes. */
  readonly reserve: (accountId: number, requests: number) => Promise<Reservation>;
  readonly requestsPerMinute: number;
  readonly concurrencyPerAccount: number;
  /** Right after the gate opened, work resumes at reduced concurrency. */
  readonly isRampingUp: () => boolean;
  readonly sleep: Sleep;
}

/**
 * Limits the requests of each account, over all processes: their number per minute, and how many are in
 * flight at once. The second is halved for an account that was asked to slow down, and right after
 * maintenance.
 */
export class RateLimit {
  readonly #options: RateLimitOptions;
  /** Requests reserved and not sent yet. */
  readonly #reserved = new Map<number, number>();
  readonly #slowed = new Set<number>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** Waits until the next request may leave. */
  async reserve(accountId: number, signal: AbortSignal): Promise<void> {
    const reserved = this.#reserved.get(accountId) ?? 0;
    if (reserved > 0) {
      this.#reserved.set(accountId, reserved - 1);
      return;
    }
    const { requestsPerMinute, reserve, sleep } = this.#options;
    const block = Math.max(1, Math.floor(requestsPerMinute / reservationsPerMinute));
    const { waitMs, isSlowed } = await reserve(accountId, block);
    this.#reserved.set(accountId, block - 1);
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
