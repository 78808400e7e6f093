import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Environment } from '../../config/environment.ts';
import { home, isCheckout } from '../../places.ts';

/** Our programs that run as child processes: the simulator is TypeScript in a checkout and JavaScript in `dist/`. */
const programs = {
  cli: path.join(home, isCheckout ? '' : '..', 'bin', 'sfmc-tracking.js'),
  simulator: path.join(home, 'simulator', isCheckout ? 'main.ts' : 'main.js'),
} as const;

export interface ChildOptions {
  readonly cwd: string;
  readonly env: Environment;
  /** `inherit`: the child writes to our streams; `pipe-stdout`: we read its stdout. */
  readonly streams: 'inherit' | 'pipe-stdout';
  /** Asks the child to end. */
  readonly signal: AbortSignal;
}

export interface Child {
  readonly process: ChildProcess;
  /** Its exit code; 128 where a signal ended it. */
  readonly exit: Promise<number>;
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>;
}

/** Starts one of our programs with the same Node; it receives SIGTERM when `signal` aborts. */
export function startChild(
  name: keyof typeof programs,
  args: readonly string[],
  options: ChildOptions,
): Child {
  const child = spawn(process.execPath, [programs[name], ...args], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', options.streams === 'inherit' ? 'inherit' : 'pipe', 'inherit'],
  });
  const end = (): void => void child.kill('SIGTERM');
  options.signal.addEventListener('abort', end);
  const exit = once(child, 'exit').then(([code]: unknown[]) => {
    options.signal.removeEventListener('abort', end);
    return typeof code === 'number' ? code : 128;
  });
  if (options.signal.aborted) end();
  return {
    process: child,
    exit,
    stop: async () => {
      end();
      await exit;
    },
  };
}
