import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import type { GateState, GateStore } from '../../store/gate-state.ts';
import type { Sleep } from '../backoff.ts';
import { failedChecksMax } from './status-check.ts';

/** The longest interval between two status calls after failures, over all processes. */
const probeIntervalMsMax = 60_000;

/** After a status check came back OK, failures within this time are treated as real. */
const statusTrustedMs = 5 * 60_000;

/** No request waits longer than this for a check that another request's failure has caused. */
const probeWaitMsMax = 2_000;

/** Poll interval for another process's running status check. */
const resultPollMs = 100;

export interface ProbeOptions {
  readonly store: GateStore;
  readonly pollMs: number;
  readonly now: () => Date;
  readonly sleep: Sleep;
  readonly check: (client: AccountClient, signal: AbortSignal) => Promise<unknown>;
  /** Reads the gate's state anew. */
  readonly refresh: () => Promise<GateState>;
}

/** Finds out whether an outage explains a failure: at most one status call a minute, over all processes. */
export class FailureProbe {
  readonly #options: ProbeOptions;
  readonly #intervalMs: number;
  #statusTrustedUntilMs = -Infinity;
  /** The latest check, while requests may wait for it. */
  #checking: Promise<unknown> | undefined;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#intervalMs = Math.min(options.pollMs, probeIntervalMsMax);
  }

  /**
   * True when the gate is open afterwards.
   *
   * If a status call ran before the failure, its result says nothing about it: then waits up to `waitMs` for
   * the next one that is allowed. While the calls themselves fail it waits in any case, so that an outage
   * closes the gate before attempts run out.
   */
  async run(client: AccountClient, signal: AbortSignal, waitMs: number): Promise<boolean> {
    const { now, sleep, refresh } = this.#options;
    const needsNewResult = waitMs > 0 && now().getTime() >= this.#statusTrustedUntilMs;
    for (let round = 0; round < failedChecksMax; round += 1) {
      const checking = this.#check(client, signal);
      this.#checking = checking.catch(() => undefined);
      const isOurs = await checking;
      if (!isOurs) await this.#waitForResult(signal);
      const { isOpen, failedChecks } = await refresh();
      if (!isOpen) return false;
      const hasResult = failedChecks === 0;
      if (hasResult && round > 0) this.#statusTrustedUntilMs = now().getTime() + statusTrustedMs;
      if (hasResult && (isOurs || !needsNewResult || round > 0)) return true;
      await sleep(hasResult ? Math.min(waitMs, this.#intervalMs) : this.#intervalMs, signal);
    }
    return (await refresh()).isOpen;
  }

  /** Whether requests have to wait for a check. */
  isChecking(): boolean {
    return this.#checking !== undefined;
  }

  /** A request that is about to leave waits a moment for the check that a failure has caused. */
  async settled(signal: AbortSignal): Promise<void> {
    if (this.#checking === undefined) return;
    const isOver = new AbortController();
    const checking = this.#checking.finally(() => isOver.abort());
    const timeout = this.#options.sleep(probeWaitMsMax, AbortSignal.any([isOver.signal, signal]));
    await Promise.race([checking, timeout.catch(() => undefined)]);
    this.#checking = undefined;
    signal.throwIfAborted();
  }

  /** True when the check was this process's to make. */
  async #check(client: AccountClient, signal: AbortSignal): Promise<boolean> {
    const isOurs = await this.#options.store.claimCheckAfterFailure(this.#intervalMs);
    if (isOurs) await this.#options.check(client, signal);
    return isOurs;
  }

  /** Waits for the result of another process's running check. */
  async #waitForResult(signal: AbortSignal): Promise<void> {
    const { refresh, sleep } = this.#options;
    for (let waitedMs = 0; waitedMs < this.#intervalMs; waitedMs += resultPollMs) {
      if (!(await refresh()).isCheckRunning) return;
      await sleep(resultPollMs, signal);
    }
  }
}
