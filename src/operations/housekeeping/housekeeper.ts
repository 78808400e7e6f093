import { failureFields, PipelineError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { claimStep, finishStep, withStepLock } from '../../store/housekeeping.ts';
import { type Pool, storeErrorFrom } from '../../store/connection/pool.ts';

/** How often a service looks for steps that are due; a look at one is a lock and a lookup by key. */
const lookMs = 60_000;

/** A step that failed is executed again after this time at the latest. */
const retryMs = 10 * 60_000;

/** Poll interval for the lock of a step that another process executes. */
const lockPollMs = 200;

/** When a step is executed at once, whether or not it is due. */
export type Occasion = 'start' | 'run-end';

export interface HousekeepingStep {
  readonly name: string;
  /** A service executes it this long after its last execution began. */
  readonly everyMs: number;
  /** When it is executed besides. A command that runs once executes the steps of `run-end` only. */
  readonly occasions: readonly Occasion[];
  /** Returns what it counted. Must do no harm when it is executed twice, or beside itself. */
  execute(circumstances: Circumstances): Promise<Readonly<Record<string, number>>>;
}

interface Circumstances {
  /** Whether to wait for others that hold something the step needs, rather than leave it to them. */
  readonly waits: boolean;
  readonly signal: AbortSignal;
}

export interface HousekeepingDeps {
  readonly pool: Pool;
  /** Gives the connections that hold the locks of steps, where they are not of the same pool. */
  readonly lockPool?: Pool;
  readonly processId: () => number;
  readonly logger: Logger;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Executes housekeeping steps of a service: when they are due, and on their occasions, until it is stopped. */
export class Housekeeper {
  readonly #deps: HousekeepingDeps;
  readonly #stopping = new AbortController();
  #steps: readonly HousekeepingStep[] = [];
  #looking: Promise<void> | undefined;

  constructor(deps: HousekeepingDeps) {
    this.#deps = deps;
  }

  start(steps: readonly HousekeepingStep[]): void {
    this.#steps = steps;
    this.#looking = this.#keepLooking();
  }

  /** Executes the steps of an occasion now; a failure is logged. */
  on(occasion: Occasion): Promise<void> {
    return executeSteps(this.#steps, occasion, this.#deps, this.#stopping.signal);
  }

  /** Begins no further step, and waits for the one that is being executed. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('draining'));
    await this.#looking;
  }

  async #keepLooking(): Promise<void> {
    const { signal } = this.#stopping;
    await this.on('start');
    while (!signal.aborted) {
      await executeSteps(this.#steps, 'due', this.#deps, signal);
      await this.#deps.sleep(lookMs, signal).catch(() => undefined);
    }
  }
}

/**
 * Executes the steps that are due, or those of an occasion, one after the other. Each is executed by one process at a
 * time. On an occasion a step that another process executes is waited for, and then executed again.
 *
 * A failure is logged and noted with the step; the others follow all the same.
 */
export async function executeSteps(
  steps: readonly HousekeepingStep[],
  when: Occasion | 'due',
  deps: HousekeepingDeps,
  signal: AbortSignal,
): Promise<void> {
  for (const step of steps) {
    if (when !== 'due' && !step.occasions.includes(when)) continue;
    try {
      signal.throwIfAborted();
      await lockAndExecute(step, when !== 'due', deps, signal);
    } catch (error) {
      if (signal.aborted) return;
      logFailure(step, error, deps.logger);
    }
  }
}

async function lockAndExecute(
  step: HousekeepingStep,
  waits: boolean,
  deps: HousekeepingDeps,
  signal: AbortSignal,
): Promise<void> {
  const { pool, lockPool = pool, sleep } = deps;
  while (!(await withStepLock(lockPool, step.name, () => executeClaimed(step, waits, deps, signal)))) {
    if (!waits) return;
    await sleep(lockPollMs, signal);
  }
}

async function executeClaimed(
  step: HousekeepingStep,
  waits: boolean,
  deps: HousekeepingDeps,
  signal: AbortSignal,
): Promise<void> {
  const { pool, processId, logger } = deps;
  const everyMs = waits ? 0 : step.everyMs;
  if (!(await claimStep(pool, { step: step.name, processId: processId(), everyMs, retryMs }))) return;
  try {
    const result = await step.execute({ waits, signal });
    await finishStep(pool, step.name, { result });
    const isWorthALine = Object.values(result).some((count) => count > 0);
    logger[isWorthALine ? 'info' : 'debug']({ step: step.name, ...result }, 'housekeeping step finished');
  } catch (error) {
    // One that was stopped stays unfinished, so that the next process executes it again.
    if (signal.aborted) return;
    await finishStep(pool, step.name, { failure: storeErrorFrom(error).message });
    throw error;
  }
}

function logFailure({ name }: HousekeepingStep, thrown: unknown, logger: Logger): void {
  const error = storeErrorFrom(thrown);
  if (error instanceof PipelineError)
    logger.warn({ step: name, ...failureFields(error) }, 'housekeeping step failed');
  else logger.error({ step: name, error }, 'housekeeping step failed');
}
