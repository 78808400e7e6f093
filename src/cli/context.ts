import type { Environment } from '../config/environment.ts';

/** 0 done · 1 done with parked tasks, newly rejected records or a failed check · 2 usage or configuration · 3 halted · 4 Marketing Cloud is away · 130 interrupted and drained. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;

/** What a command writes to: a process's stream, or less. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A person's or the system's wish to stop. */
export interface Signals {
  /** First SIGINT or SIGTERM: finish what is asked for, then end. */
  readonly drain: AbortSignal;
  /** Second one: end at once. */
  readonly abort: AbortSignal;
}

/** Everything a command knows of the world around its process. */
export interface CommandContext {
  readonly env: Environment;
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signals: Signals;
  readonly now: () => Date;
}
