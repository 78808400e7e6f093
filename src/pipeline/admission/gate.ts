import type { Logger } from '../../logger.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import type { GateState, GateStore } from '../../store/gate-state.ts';
import type { Sleep } from '../backoff.ts';
import { FailureProbe } from './failure-probe.ts';
import { type CheckResult, checkStatus } from './status-check.ts';

/** Another process's change of the gate is known here within this time. */
const stateValidMs = 250;
/** Work resumes at reduced concurrency for this long after the gate opened. */
const rampUpMs = 5 * 60_000;

/** Lines that say why requests wait are no closer together. */
const waitLogMsMin = 60_000;

export interface GateOptions {
  readonly store: GateStore;
  /** How often the status is checked while the gate is closed. */
  readonly pollMs: number;
  readonly logger: Logger;
  readonly now: () => Date;
  readonly sleep: Sleep;
}

/**
 * Says if requests may leave; all processes share its state.
 *
 * Open: requests leave. The status is checked only after a failure that an outage may explain, at most once a
 * minute. The gate closes when Marketing Cloud reports maintenance or an outage, and when two status calls in
 * a row get no response from a service that has responded before. A status call that is refused is no evidence.
 * Closed: nothing leaves but the status call, every `pollMs`. The gate opens when that reports OK. After a check
 * that brought no status, one request leaves, and its success opens the gate. A gate that no reported status
 * closed is checked at once by a new process.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #probe: FailureProbe;
  #state: GateState | undefined;
  #readAtMs = 0;
  #openedAtMs = -Infinity;
  #waitLoggedAtMs = -Infinity;
  /** Checks of this process: those that are running, and all that were started. */
  readonly #checks = { running: 0, started: 0 };
  /** The latest check brought no status, and no request has left since. */
  #mayTry = false;
  /** A request left through the closed gate, and nothing has succeeded since. */
  #isTrying = false;
  #hasAskedAfresh = false;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#probe = new FailureProbe({
      ...options,
      check: (client, signal) => this.#check(client, signal),
      refresh: () => this.#refresh(),
    });
  }

  /** The gate's state, at most `stateValidMs` old. */
  async state(): Promise<GateState> {
    const nowMs = this.#options.now().getTime();
    if (this.#state === undefined || nowMs - this.#readAtMs >= stateValidMs) {
      this.#state = await this.#options.store.read();
      this.#readAtMs = nowMs;
      this.#openedAtMs = this.#state.openedAt?.getTime() ?? -Infinity;
    }
    return this.#state;
  }

  /** Right after the gate opened, work resumes at reduced concurrency. */
  isRampingUp(): boolean {
    return this.#options.now().getTime() - this.#openedAtMs < rampUpMs;
  }

  /**
   * Waits until the caller's request may leave; checks the status whenever a check is due. After a check that brought
   * no status, one request leaves.
   */
  waitUntilOpen(client: AccountClient, signal: AbortSignal): Promise<void> {
    return this.#wait(client, signal, () => {
      if (!this.#mayTry) return false;
      this.#mayTry = false;
      this.#isTrying = true;
      return true;
    });
  }

  /** Waits until it makes sense to prepare a request; the request itself has to wait again. */
  waitToPrepare(client: AccountClient, signal: AbortSignal): Promise<void> {
    return this.#wait(client, signal, () => this.#mayTry);
  }

  async #wait(client: AccountClient, signal: AbortSignal, mayPass: () => boolean): Promise<void> {
    while (!(await this.#isOpen(signal))) {
      if (mayPass()) return;
      this.#logWait();
      await this.#askAfresh();
      const check = await this.#checkIfDue(client, signal);
      if (check === 'no-status') this.#mayTry = true;
      if (check === 'not-due')
        await this.#options.sleep(Math.min(stateValidMs, this.#options.pollMs), signal);

      signal.throwIfAborted();
    }
  }

  /**
   * By the state after every check that a failure has caused: one may begin while the state is read. A failed request
   * gives its slot up before its check begins, so the next request must not pass in the same moment.
   */
  async #isOpen(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      await this.#probe.settled(signal);
      const { isOpen } = await this.state();
      if (!this.#probe.isChecking()) return isOpen;
    }
  }

  /** Says now and then why nothing happens. */
  #logWait(): void {
    const { logger, now, pollMs } = this.#options;
    const nowMs = now().getTime();
    if (nowMs - this.#waitLoggedAtMs < Math.max(pollMs, waitLogMsMin)) return;
    this.#waitLoggedAtMs = nowMs;
    const { systemStatus, reason, closedAt, nextCheckAt } = this.#state ?? {};
    logger.warn({ systemStatus, reason, closedAt, nextCheckAt }, 'requests wait: the gate is closed');
  }

  /** A request succeeded: where it left through the closed gate, Marketing Cloud is available. */
  async noteSuccess(): Promise<void> {
    if (!this.#isTrying) return;
    this.#isTrying = false;
    await this.#options.store.open();
    await this.#refresh();
    this.#options.logger.info({}, 'gate opened by a request that succeeded');
  }

  /** Once in a process: a gate that closed because nothing responded may be about a network that has changed since. */
  async #askAfresh(): Promise<void> {
    if (this.#hasAskedAfresh) return;
    this.#hasAskedAfresh = true;
    await this.#options.store.askAfresh();
  }

  /**
   * The gate's state if it has been closed for at least `waitMs` and no check is due or running; else
   * undefined. A gate that closed yesterday may be about to open.
   */
  async closedForLong(waitMs: number): Promise<GateState | undefined> {
    if ((await this.state()).isOpen) return undefined;
    await this.#askAfresh();
    const { started } = this.#checks;
    const state = await this.#options.store.read();
    if (this.#checks.running > 0 || this.#checks.started > started) return undefined;
    const nowMs = this.#options.now().getTime();
    const { isOpen, closedAt, nextCheckAt } = state;
    const isDue = nextCheckAt === null || nextCheckAt.getTime() <= nowMs;
    const closedMs = closedAt === null ? 0 : nowMs - closedAt.getTime();
    return isOpen || isDue || closedMs < waitMs ? undefined : state;
  }

  async #checkIfDue(client: AccountClient, signal: AbortSignal): Promise<'not-due' | CheckResult> {
    this.#checks.running += 1;
    this.#checks.started += 1;
    try {
      const isOurs = await this.#options.store.claimScheduledCheck(this.#options.pollMs);
      return isOurs ? await this.#check(client, signal) : 'not-due';
    } finally {
      this.#checks.running -= 1;
    }
  }

  /**
   * Asks GetSystemStatus whether an outage explains a failure; true when the gate is open afterwards. May wait, up to
   * `waitMs` for a result that is newer than the failure.
   */
  probeStatus(client: AccountClient, signal: AbortSignal, waitMs = 0): Promise<boolean> {
    return this.#probe.run(client, signal, waitMs);
  }

  #refresh(): Promise<GateState> {
    this.#state = undefined;
    return this.state();
  }

  async #check(client: AccountClient, signal: AbortSignal): Promise<CheckResult> {
    try {
      return await checkStatus(client, this.#options, signal);
    } finally {
      this.#state = undefined;
    }
  }
}
