import type { Logger } from '../../logger.ts';
import type { Sleep } from '../backoff.ts';

/** Requests are reserved in blocks of a tenth of a second's worth, at least one. */
const reservationsPerMinute = 600;

export interface Reservation {
  /** Time until the first reserved request may leave. */
  readonly waitMs: number;
  /** Retrieves that may be in flight at once; null: as many as the settings say. */
  readonly slotsMax: number | null;
}

export interface RateLimitOptions {
  /** Reserves requests for an account, over all processes. */
  readonly reserve: (accountId: number, requests: number) => Promise<Reservation>;
  /** Halves the slots of an account, over all processes; undefined where that was done a moment ago. */
  readonly reduce: (accountId: number, slots: number, code: string) => Promise<number | undefined>;
  readonly requestsPerMinute: number;
  readonly concurrencyPerAccount: number;
  /** Right after the gate opened, work resumes at reduced concurrency. */
  readonly isRampingUp: () => boolean;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/**
 * Limits the requests of each account, over all processes: their number per minute, and how many are in
 * flight at once.
 *
 * The second is halved where Marketing Cloud asks to slow down or a Retrieve times out, and grows by one every five
 * minutes after that. It is halved for all accounts right after the gate opened.
 */
export class RateLimit {
  readonly #options: RateLimitOptions;
  /** Requests reserved and not sent yet. */
  readonly #reserved = new Map<number, number>();
  /** Slots of the accounts where they are reduced, as of the latest reservation. */
  readonly #reduced = new Map<number, number>();

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
    const { waitMs, slotsMax } = await reserve(accountId, block);
    this.#reserved.set(accountId, block - 1);
    if (slotsMax === null) this.#reduced.delete(accountId);
    else this.#reduced.set(accountId, slotsMax);
    if (waitMs > 0) await sleep(waitMs, signal);
  }

  /** Retrieves that may be in flight at once for the account. */
  slots(accountId: number): number {
    const { concurrencyPerAccount, isRampingUp } = this.#options;
    const slots = isRampingUp() ? Math.ceil(concurrencyPerAccount / 2) : concurrencyPerAccount;
    return Math.min(slots, this.#reduced.get(accountId) ?? slots);
  }

  /** Halves them, after a failure that a smaller number may avoid. */
  async reduce(accountId: number, code: string): Promise<void> {
    const { reduce, concurrencyPerAccount: of, logger } = this.#options;
    const slots = await reduce(accountId, of, code);
    if (slots === undefined) return;
    this.#reduced.set(accountId, slots);
    logger.warn({ accountId, slots, of, code }, 'concurrency of the account reduced');
  }
}
