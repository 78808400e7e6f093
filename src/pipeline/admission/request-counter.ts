import { PipelineError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { storeErrorFrom } from '../../store/connection/pool.ts';
import type { RequestCount } from '../../store/request-days.ts';

/** Counts are written this often: a process that is killed loses no more of them. */
const writeMs = 5_000;

const dayMs = 24 * 60 * 60_000;

export interface RequestCounterOptions {
  readonly write: (counts: readonly RequestCount[]) => Promise<void>;
  readonly now: () => Date;
  readonly logger: Pick<Logger, 'debug' | 'warn'>;
}

interface Counted {
  readonly day: string;
  readonly findAccountId: () => number | undefined;
  readonly kind: string;
  requests: number;
}

/**
 * Counts every request that leaves, by day and account, and writes the counts every five seconds in one statement.
 *
 * A process that is killed loses the counts of five seconds. Where the database is away they are kept and written later;
 * a write whose commit was not confirmed is repeated, so a few seconds may count twice. Requests of an account that is
 * not identified yet are written once it is.
 */
export class RequestCounter {
  readonly #options: RequestCounterOptions;
  #counted = new Map<string, Counted>();
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #clients = 0;
  #latestDay = { number: NaN, text: '' };

  constructor(options: RequestCounterOptions) {
    this.#options = options;
  }

  /** Returns what counts the requests of one client. */
  countFor(findAccountId: () => number | undefined): (kind: string) => void {
    const client = (this.#clients += 1);
    return (kind) => {
      const day = this.#dayOf(this.#options.now());
      const key = `${client} ${day} ${kind}`;
      const counted = this.#counted.get(key) ?? { day, findAccountId, kind, requests: 0 };
      counted.requests += 1;
      this.#counted.set(key, counted);
    };
  }

  /** Written out once a day, not for each request. */
  #dayOf(instant: Date): string {
    const number = Math.floor(instant.getTime() / dayMs);
    if (number !== this.#latestDay.number)
      this.#latestDay = { number, text: instant.toISOString().slice(0, 10) };
    return this.#latestDay.text;
  }

  start(): void {
    this.#timer = setInterval(() => void this.write().catch(() => undefined), writeMs);
  }

  /** Writes what was counted; one write at a time. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Writes what is left; what cannot be written by now is lost, and logged. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.write();
    // Requests of credentials whose business unit was never found are no part of any allowance that is known.
    const lost = [...this.#counted.values()]
      .filter(({ findAccountId }) => findAccountId() !== undefined)
      .reduce((sum, { requests }) => sum + requests, 0);
    if (lost > 0) this.#options.logger.warn({ requests: lost }, 'count of the allowance is incomplete');
  }

  async #write(): Promise<void> {
    const taken = this.#counted;
    const counts = [...taken.values()].flatMap(({ findAccountId, ...count }) => {
      const accountId = findAccountId();
      return accountId === undefined ? [] : [{ ...count, accountId }];
    });
    if (counts.length === 0) return;
    this.#counted = new Map([...taken].filter(([, { findAccountId }]) => findAccountId() === undefined));
    try {
      await this.#options.write(counts);
    } catch (thrown) {
      const error = storeErrorFrom(thrown);
      if (!(error instanceof PipelineError)) throw error;
      this.#takeBack(taken);
      this.#options.logger.debug({ reason: error.message }, 'count of the allowance could not be written');
    }
  }

  /** What was not written is written with what was counted since. */
  #takeBack(taken: ReadonlyMap<string, Counted>): void {
    for (const [key, counted] of taken) {
      const since = this.#counted.get(key);
      if (since === counted) continue;
      this.#counted.set(key, { ...counted, requests: counted.requests + (since?.requests ?? 0) });
    }
  }
}
