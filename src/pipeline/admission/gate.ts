import { setTimeout } from 'node:timers/promises';
import { PipelineError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import { askSystemStatus } from '../../marketing-cloud/system-status.ts';
import {
  claimCheckAfterFailure,
  claimScheduledCheck,
  closeGate,
  countFailedCheck,
  type GateState,
  openGate,
  readGate,
} from '../../store/gate-state.ts';
import type { Queryable } from '../../store/pool.ts';

/** Another process's finding is known here within this time. */
const stateValidMs = 250;

/** GetSystemStatus is asked after failures at most this often, over all processes. */
const checkIntervalMsMax = 60_000;

/** Work resumes carefully for this long after the gate opened. */
const carefulMs = 5 * 60_000;

/** Failures that an answer of the status call did not explain are taken at their word for so long. */
const vouchedMs = 5 * 60_000;

/** How often it is looked whether the status call of another has its answer. */
const answerPollMs = 100;

/** Status calls that fail in a row before the gate closes without an answer. */
const failedChecksMax = 2;

export interface GateOptions {
  database: Queryable;
  /** How often a closed gate is asked. */
  pollMs: number;
  logger: Logger;
  now: () => Date;
}

/**
 * Says if requests may leave: one answer for all processes.
 *
 * It closes on maintenance, on an outage, and when GetSystemStatus cannot be had twice in a row; while it
 * is closed only the status call leaves, every `pollMs`. It is never asked before calls, only after
 * failures it may explain.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #checkIntervalMs: number;
  #state: GateState | undefined;
  #openedAtMs = -Infinity;
  #statusTrustedUntilMs = -Infinity;
  #readAtMs = 0;
  /** Checks of this process that are on their way, and all there ever were. */
  readonly #checks = { underway: 0, begun: 0 };

  constructor(options: GateOptions) {
    this.#options = options;
    this.#checkIntervalMs = Math.min(options.pollMs, checkIntervalMsMax);
  }

  /** What is known of the gate, at most `stateValidMs` old. */
  async state(): Promise<GateState> {
    const nowMs = this.#options.now().getTime();
    if (this.#state === undefined || nowMs - this.#readAtMs >= stateValidMs) {
      this.#state = await readGate(this.#options.database);
      this.#readAtMs = nowMs;
      this.#openedAtMs = this.#state.openedAt?.getTime() ?? -Infinity;
    }
    return this.#state;
  }

  /** Right after the gate opened, work resumes at reduced concurrency. */
  isRampingUp(): boolean {
    return this.#options.now().getTime() - this.#openedAtMs < carefulMs;
  }

  /** Waits until requests may leave; asks for the status whenever a check is due. */
  async waitUntilOpen(account: AccountClient, signal: AbortSignal): Promise<void> {
    while (!(await this.state()).isOpen) {
      if (!(await this.#checkIfDue(account, signal)))
        await setTimeout(Math.min(stateValidMs, this.#options.pollMs), undefined, { signal });

      signal.throwIfAborted();
    }
  }

  /**
   * What is known of a gate that has been closed for so long and will not be asked for yet; undefined while
   * it is open, a check is due, or one is on its way: a gate that closed yesterday may be open today.
   */
  async closedForLong(waitMs: number): Promise<GateState | undefined> {
    if ((await this.state()).isOpen) return undefined;
    const { begun } = this.#checks;
    const { database, now } = this.#options;
    const state = await readGate(database);
    if (this.#checks.underway > 0 || this.#checks.begun > begun) return undefined;
    const nowMs = now().getTime();
    const { isOpen, closedAt, nextCheckAt } = state;
    const isDue = nextCheckAt === null || nextCheckAt.getTime() <= nowMs;
    const closedMs = closedAt === null ? 0 : nowMs - closedAt.getTime();
    return isOpen || isDue || closedMs < waitMs ? undefined : state;
  }

  async #checkIfDue(account: AccountClient, signal: AbortSignal): Promise<boolean> {
    this.#checks.underway += 1;
    this.#checks.begun += 1;
    try {
      const { database, pollMs } = this.#options;
      const isMine = await claimScheduledCheck(database, pollMs);
      if (isMine) await this.#check(account, signal);
      return isMine;
    } finally {
      this.#checks.underway -= 1;
    }
  }

  /**
   * Looks for the cause of a failure. While no answer can be had it waits for the next check that is
   * allowed, so that an outage closes the gate before the tasks run out of tries. So it does, for as long as
   * `settleMs`, when the status was asked before the failure: such an answer says nothing about it.
   */
  async probeStatus(account: AccountClient, signal: AbortSignal, settleMs = 0): Promise<void> {
    const { database, now } = this.#options;
    const isPatient = settleMs > 0 && now().getTime() >= this.#statusTrustedUntilMs;
    for (let tries = 0; tries < failedChecksMax; tries += 1) {
      const isMine = await claimCheckAfterFailure(database, this.#checkIntervalMs);
      if (isMine) await this.#check(account, signal);
      else await this.#untilAnswered(signal);
      const { isOpen, failedChecks } = await this.#refresh();
      if (!isOpen) return;
      const isAnswered = failedChecks === 0;
      if (isAnswered && tries > 0) this.#statusTrustedUntilMs = now().getTime() + vouchedMs;
      if (isAnswered && (isMine || !isPatient || tries > 0)) return;
      const waitMs = isAnswered ? Math.min(settleMs, this.#checkIntervalMs) : this.#checkIntervalMs;
      await setTimeout(waitMs, undefined, { signal });
    }
  }

  /** Somebody else asks: what the answer is decides whether a try counts. */
  async #untilAnswered(signal: AbortSignal): Promise<void> {
    for (let waitedMs = 0; waitedMs < this.#checkIntervalMs; waitedMs += answerPollMs) {
      if (!(await this.#refresh()).isBeingAsked) return;
      await setTimeout(answerPollMs, undefined, { signal });
    }
  }

  #refresh(): Promise<GateState> {
    this.#state = undefined;
    return this.state();
  }

  async #check(account: AccountClient, signal: AbortSignal): Promise<void> {
    const { database, logger } = this.#options;
    try {
      const status = await askSystemStatus(account, signal);
      logger.info({ systemStatus: status }, 'system status asked');
      if (status === 'available') {
        await openGate(database);
      } else {
        const systemStatus = status === 'in-maintenance' ? 'InMaintenance' : 'UnplannedOutage';
        await this.#close(systemStatus, `Marketing Cloud reports ${systemStatus}`);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PipelineError)) throw error;
      const failures = await countFailedCheck(database);
      logger.warn({ code: error.code, failures }, 'system status could not be asked');
      if (failures >= failedChecksMax || !(await this.#refresh()).isOpen)
        await this.#close('Unknown', `the system status could not be asked: ${error.message}`);
    } finally {
      this.#state = undefined;
    }
  }

  /** Closes the gate, or keeps it closed until the next check; only the first of these is news. */
  async #close(systemStatus: string, reason: string): Promise<void> {
    const { database, pollMs, logger } = this.#options;
    const { isOpen } = await this.#refresh();
    await closeGate(database, { systemStatus, reason, pollMs });
    if (isOpen) logger.error({ systemStatus, reason }, 'gate closed');
  }
}
