import { PipelineError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import { requestSystemStatus } from '../../marketing-cloud/system-status.ts';
import type { GateState, GateStore } from '../../store/gate-state.ts';
import type { Sleep } from '../backoff.ts';

/** Another process's change of the gate is known here within this time. */
const stateValidMs = 250;

/** The longest interval between two status calls after failures, over all processes. */
const probeIntervalMsMax = 60_000;

/** Work resumes at reduced concurrency for this long after the gate opened. */
const rampUpMs = 5 * 60_000;

/** After a status check came back OK, failures within this time are treated as real. */
const statusTrustedMs = 5 * 60_000;

/** Poll interval for another process's running status check. */
const resultPollMs = 100;

/** Status calls that fail in a row before the gate closes without a result. */
const failedChecksMax = 2;

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
 * a row fail.
 * Closed: nothing leaves but the status call, every `pollMs`. The gate opens when that reports OK.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #probeIntervalMs: number;
  #state: GateState | undefined;
  #readAtMs = 0;
  #openedAtMs = -Infinity;
  #statusTrustedUntilMs = -Infinity;
  #waitLoggedAtMs = -Infinity;
  /** Checks of this process: those that are running, and all that were started. */
  readonly #checks = { running: 0, started: 0 };

  constructor(options: GateOptions) {
    this.#options = options;
    this.#probeIntervalMs = Math.min(options.pollMs, probeIntervalMsMax);
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

  /** Waits until requests may leave; checks the status whenever a check is due. */
  async waitUntilOpen(client: AccountClient, signal: AbortSignal): Promise<void> {
    while (!(await this.state()).isOpen) {
      this.#logWait();
      if (!(await this.#checkIfDue(client, signal)))
        await this.#options.sleep(Math.min(stateValidMs, this.#options.pollMs), signal);

      signal.throwIfAborted();
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

  /**
   * The gate's state if it has been closed for at least `waitMs` and no check is due or running; else
   * undefined. A gate that closed yesterday may be about to open.
   */
  async closedForLong(waitMs: number): Promise<GateState | undefined> {
    if ((await this.state()).isOpen) return undefined;
    const { started } = this.#checks;
    const state = await this.#options.store.read();
    if (this.#checks.running > 0 || this.#checks.started > started) return undefined;
    const nowMs = this.#options.now().getTime();
    const { isOpen, closedAt, nextCheckAt } = state;
    const isDue = nextCheckAt === null || nextCheckAt.getTime() <= nowMs;
    const closedMs = closedAt === null ? 0 : nowMs - closedAt.getTime();
    return isOpen || isDue || closedMs < waitMs ? undefined : state;
  }

  async #checkIfDue(client: AccountClient, signal: AbortSignal): Promise<boolean> {
    this.#checks.running += 1;
    this.#checks.started += 1;
    try {
      const isOurs = await this.#options.store.claimScheduledCheck(this.#options.pollMs);
      if (isOurs) await this.#check(client, signal);
      return isOurs;
    } finally {
      this.#checks.running -= 1;
    }
  }

  /**
   * Asks GetSystemStatus whether an outage explains a failure; true when the gate is open afterwards.
   *
   * If a status call ran before the failure, its result says nothing about it: then waits up to `waitMs` for
   * the next one that is allowed. While the calls themselves fail it waits in any case, so that an outage
   * closes the gate before attempts run out.
   */
  async probeStatus(client: AccountClient, signal: AbortSignal, waitMs = 0): Promise<boolean> {
    const { store, now, sleep } = this.#options;
    const needsNewResult = waitMs > 0 && now().getTime() >= this.#statusTrustedUntilMs;
    for (let round = 0; round < failedChecksMax; round += 1) {
      const isOurs = await store.claimCheckAfterFailure(this.#probeIntervalMs);
      if (isOurs) await this.#check(client, signal);
      else await this.#waitForResult(signal);
      const { isOpen, failedChecks } = await this.#refresh();
      if (!isOpen) return false;
      const hasResult = failedChecks === 0;
      if (hasResult && round > 0) this.#statusTrustedUntilMs = now().getTime() + statusTrustedMs;
      if (hasResult && (isOurs || !needsNewResult || round > 0)) return true;
      await sleep(hasResult ? Math.min(waitMs, this.#probeIntervalMs) : this.#probeIntervalMs, signal);
    }
    return (await this.state()).isOpen;
  }

  /** Waits for the result of another process's running check. */
  async #waitForResult(signal: AbortSignal): Promise<void> {
    for (let waitedMs = 0; waitedMs < this.#probeIntervalMs; waitedMs += resultPollMs) {
      if (!(await this.#refresh()).isCheckRunning) return;
      await this.#options.sleep(resultPollMs, signal);
    }
  }

  #refresh(): Promise<GateState> {
    this.#state = undefined;
    return this.state();
  }

  async #check(client: AccountClient, signal: AbortSignal): Promise<void> {
    const { store, logger } = this.#options;
    try {
      const status = await requestSystemStatus(client, signal);
      logger.info({ systemStatus: status }, 'system status checked');
      if (status === 'available') {
        await store.open();
      } else {
        const systemStatus = status === 'in-maintenance' ? 'InMaintenance' : 'UnplannedOutage';
        await this.#close(systemStatus, `Marketing Cloud reports ${systemStatus}`);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PipelineError)) throw error;
      const failures = await store.countFailedCheck();
      logger.warn({ code: error.code, failures }, 'system status could not be checked');
      if (failures >= failedChecksMax || !(await this.#refresh()).isOpen)
        await this.#close('Unknown', `the system status could not be checked: ${error.message}`);
    } finally {
      this.#state = undefined;
    }
  }

  /** Closes the gate, or keeps it closed until the next check; logged when it was open. */
  async #close(systemStatus: string, reason: string): Promise<void> {
    const { store, pollMs, logger } = this.#options;
    const { isOpen } = await this.#refresh();
    await store.close({ systemStatus, reason, pollMs });
    if (isOpen) logger.error({ systemStatus, reason }, 'gate closed');
  }
}
