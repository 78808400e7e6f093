import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { cpuSecondsOf } from '../cpu/cpu-seconds.ts';

export interface NodeOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: 'pipe';
  readonly stdout: 'ignore' | 'pipe' | 'inherit';
  readonly stderr?: 'pipe';
  /** With a channel for messages. */
  readonly hasChannel?: boolean;
  /** The name of its CPU profile where the run makes profiles; without one it is not measured. */
  readonly profile?: string;
}

const endWithParent = path.join(import.meta.dirname, 'end-with-parent.ts');
const running = new Set<ChildProcess>();
const profiles: string[] = [];
let profileDir: string | undefined;
let areEnding = false;

/**
 * Starts Node with these arguments, a file among them, as a child process that ends with this one where a benchmark is stopped. All processes of the benchmarks
 * but Postgres are started here.
 */
export function startNode(args: readonly string[], options: NodeOptions): ChildProcess {
  const { cwd, env, stdin = 'ignore', stdout, stderr = 'inherit', hasChannel = false } = options;
  const child = spawn(process.execPath, [...profileArguments(options.profile), ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    stdio: [stdin, stdout, stderr, ...(hasChannel ? ['ipc' as const] : [])],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  // What is started while all end would be left.
  if (areEnding) child.kill('SIGKILL');
  return child;
}

/** A process that serves until it is stopped. */
export interface Serving {
  /** What it printed when it served. */
  readonly line: string;
  /** Since its start; not a number where it cannot be read. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** Starts a server as a process of its own; settles when it has printed its first line. */
export async function startServing(
  file: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<Serving> {
  const child = startNode(['--import', endWithParent, file, ...args], {
    ...(env === undefined ? {} : { env }),
    ...{ stdin: 'pipe', stdout: 'pipe' },
  });
  const lines = child.stdout === null ? [] : createInterface({ input: child.stdout });
  for await (const line of lines) {
    return {
      line,
      cpuSeconds: () => cpuSecondsOf(child.pid),
      stop: async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGTERM');
        await once(child, 'exit');
      },
    };
  }
  throw new Error(`${path.basename(file)} ended before it served`);
}

/** Ends those that still run: what they would have measured is of no use any more. */
export function endChildren(): void {
  areEnding = true;
  for (const child of running) child.kill('SIGKILL');
}

/** The commit of the sources, with a + where files differ from it; undefined without git. */
export function commitOfSources(): string | undefined {
  const arguments_ = ['describe', '--always', '--exclude=*', '--dirty=+'];
  const { status, stdout } = spawnSync('git', arguments_, { cwd: import.meta.dirname, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** From now on each measured process writes a CPU profile into that folder when it ends. */
export function profileInto(folder: string): void {
  profileDir = folder;
}

function profileArguments(name: string | undefined): string[] {
  if (profileDir === undefined || name === undefined) return [];
  profiles.push(name);
  const count = profiles.filter((one) => one === name).length;
  const file = `${name.replaceAll(/[^a-z\d]+/giu, '-')}-${count}.cpuprofile`;
  return ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profileDir)}`, `--cpu-prof-name=${file}`];
}
