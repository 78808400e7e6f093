import type { Environment } from '../config/environment.ts';

/**
 * 0 done · 1 done, but with parked tasks, newly rejected records or a failed check · 2 usage or configuration ·
 * 3 halted · 4 Marketing Cloud is unavailable · 130 a run was interrupted and drained.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;

/** Where a command writes: a stream of the process, or a substitute. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Colors may be used: a terminal that has them, and NO_COLOR is not set. */
  readonly isColored?: boolean;
  /** Of the person at the terminal. */
  readonly timeZone?: string;
}

/** Requests from a person or the system to stop. */
export interface Signals {
  /** The first SIGINT or SIGTERM: finish the requests in flight, then end. */
  readonly drain: AbortSignal;
  /** The second one: end at once. */
  readonly abort: AbortSignal;
}

/** `quiet`: warnings and errors only, no progress. `verbose`: debug lines, too. */
export type Verbosity = 'quiet' | 'normal' | 'verbose';

/** Everything a command knows about the world around its process. */
export interface CommandContext {
  readonly env: Environment;
  readonly cwd: string;
  /** For results. */
  readonly stdout: Output;
  /** For logs, progress, notices and errors. */
  readonly stderr: Output;
  readonly verbosity: Verbosity;
  readonly signals: Signals;
  readonly now: () => Date;
}
