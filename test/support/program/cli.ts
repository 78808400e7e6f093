import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

export interface CliEnd {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BegunCli {
  readonly end: Promise<CliEnd>;
}

export interface RunningCli extends BegunCli {
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
}

export interface CliOptions {
  readonly cwd?: string;
  /** Another form of the command than the one that is shipped. */
  readonly program?: string;
}

export interface RunOptions extends CliOptions {
  /** The test is about the process: how it starts, what it holds and how it ends. */
  readonly isOwnProcess?: boolean;
}

interface CommandHosts {
  runHosted(command: { args: readonly string[]; env: Environment; cwd: string }): Promise<CliEnd>;
  stopBusyHosts(): Promise<void>;
}

declare global {
  // From test/support/jest/environment.cjs.
  var sfmcTrackingCommandHosts: CommandHosts;
}

/** As a checkout runs it, from its sources. */
export const checkoutCliPath = path.join(import.meta.dirname, '..', '..', '..', 'bin', 'sfmc-tracking.js');

/** As the package ships it, built once for a test run. */
export const cliPath = process.env['SFMC_TRACKING_TEST_CLI'] ?? checkoutCliPath;

/**
 * A function is compiled for speed after ten times as many calls as usual, and on the thread that executes it: most of these
 * processes live for a second, in which that compiling is a tenth of their CPU and is not paid back.
 */
const nodeFlags = [
  '--single-threaded',
  '--invocation-count-for-maglev=4000',
  '--invocation-count-for-turbofan=30000',
];

/** What every command of these tests runs with, so that nothing waits without need. */
export const quickSettings = {
  REQUESTS_PER_MINUTE: '100000',
  RETRY_BASE_MS: '10',
  SETTLING_MINUTES: '0',
  EVENT_TYPES: 'sent,open,click',
  // These tests count the requests of jobs; those of the tail are in test/acceptance/tail. TEST_TAIL=auto runs all with it.
  TAIL: process.env['TEST_TAIL'] ?? 'off',
  LOG_LEVEL: 'warn',
  LOG_FORMAT: 'json',
  HTTP_PORT: 'off',
} as const;

const running = new Set<ChildProcess>();

/** What the machine is like stays as it is: a suite under another zone or locale means the program, too. */
function machine(): Environment {
  const { PATH, TZ, LANG, LC_ALL } = process.env;
  return { PATH, TZ, LANG, LC_ALL };
}

/** Starts the command line as a process of its own, with nothing of this process's settings. */
export function startCli(args: readonly string[], env: Environment, options: CliOptions = {}): RunningCli {
  const child = spawn(process.execPath, [...nodeFlags, options.program ?? cliPath, ...args], {
    // Away from the checkout, whose .env is somebody's own.
    cwd: options.cwd ?? tmpdir(),
    env: { ...machine(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const end = once(child, 'close').then(([code]: unknown[]) => {
    running.delete(child);
    return { code: typeof code === 'number' ? code : null, ...texts };
  });
  return { pid: child.pid ?? 0, end, signal: (name) => void child.kill(name) };
}

/**
 * Runs the command line to its end, in a process that has run others before, one after another. That shares nothing
 * but the loaded program: arguments, environment, folder, output and exit code are the command's own.
 */
export async function runCli(
  args: readonly string[],
  env: Environment,
  { isOwnProcess = false, ...options }: RunOptions = {},
): Promise<CliEnd> {
  if (isOwnProcess) return await startCli(args, env, options).end;
  const { cwd = tmpdir() } = options;
  return {
    ...(await globalThis.sfmcTrackingCommandHosts.runHosted({ args, env: { ...machine(), ...env }, cwd })),
  };
}

/** Starts the command line like `runCli`: for a test that does something while it runs, and nothing to its process. */
export function beginCli(args: readonly string[], env: Environment): BegunCli {
  return { end: runCli(args, env) };
}

/** Ends what a failed test left running. */
export async function stopEveryCli(): Promise<void> {
  await globalThis.sfmcTrackingCommandHosts.stopBusyHosts();
  await Promise.all(
    [...running].map(async (child) => {
      const isClosed = once(child, 'close');
      child.kill('SIGKILL');
      await isClosed;
    }),
  );
}

/** The object that `--json` prints alone on the last line of stdout. */
export interface RunSummary {
  readonly runId: number;
  readonly kind: string;
  readonly outcome: string;
  readonly accounts: readonly number[];
  readonly tasks: { readonly done: number; readonly parked: number };
  readonly events: Readonly<
    Record<string, { readonly records: number; readonly inserted: number; readonly rejected: number }>
  >;
  readonly requests: number;
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** Reads the summary; fails with all that was printed where there is none. */
export function summaryOf(end: CliEnd): RunSummary {
  const line = end.stdout.trimEnd().split('\n').at(-1) ?? '';
  try {
    const parsed: unknown = JSON.parse(line);
    if (isSummary(parsed)) return parsed;
  } catch {
    // Told below, with everything there is to see.
  }
  throw new Error(`no summary; exit code ${end.code ?? 'none'}\n${end.stdout}\n${end.stderr}`);
}

function isSummary(value: unknown): value is RunSummary {
  return (
    typeof value === 'object' && value !== null && 'runId' in value && 'events' in value && 'tasks' in value
  );
}
