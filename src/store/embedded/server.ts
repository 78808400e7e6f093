import { execFile, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { StoreUnavailableError } from '../../errors.ts';
import { serverEnvironment, type Binaries } from './binaries.ts';
import type { DataDir, ServerAccount } from './data-dir.ts';
import { isProcessAlive } from './file-lock.ts';

export interface RunningServer {
  pid: number;
  port: number;
  isReady: boolean;
}

export interface ClusterRequest {
  dir: DataDir;
  binaries: Binaries;
  account: ServerAccount | undefined;
  isFast: boolean;
}

export interface StartRequest extends ClusterRequest {
  port: number;
}

const run = promisify(execFile);

const pollMs = 20;
// Longest wait for a start: 2 minutes, enough to replay the log after a hard stop.
const startPollsMax = 120_000 / pollMs;
// Longest wait for a stop: 1 minute; a fast shutdown ends sessions and writes one checkpoint.
const stopPollsMax = 60_000 / pollMs;
const logTailLines = 8;

/**
 * Returns the server that is running on this cluster, regardless of which process started it.
 *
 * Removes the `postmaster.pid` of a dead server, even if another program now has its process id: Postgres
 * itself would take that program for a server and refuse to start.
 */
export function findServer(dir: DataDir): RunningServer | undefined {
  const file = path.join(dir.cluster, 'postmaster.pid');
  const text = readIfPresent(file);
  if (text === '') return undefined;
  // Lines: process id, data directory, start time, port, socket folder, address, shared memory, state.
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (isServerProcess(pid, dir))
    return { pid, port: Number(lines[3]), isReady: lines[7]?.trim() === 'ready' };

  if (readIfPresent(file) === text) fs.rmSync(file, { force: true });
  return undefined;
}

/** Waits until a starting server is ready or a stopping one has ended. */
export async function settledServer(dir: DataDir): Promise<RunningServer | undefined> {
  for (let poll = 0; poll < startPollsMax; poll += 1) {
    const server = findServer(dir);
    if (!server || server.isReady) return server;
    await sleep(pollMs);
  }
  throw unavailable('the embedded Postgres is not ready after two minutes', dir);
}

/** Creates the cluster under a temporary name, so that an incomplete one is never used. */
export async function createCluster({ dir, binaries, account, isFast }: ClusterRequest): Promise<void> {
  const unfinished = `${dir.cluster}.unfinished`;
  const passwordCopy = path.join(unfinished, 'password');
  const cluster = path.join(unfinished, 'cluster');
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.mkdirSync(unfinished, { mode: 0o700 });
  fs.copyFileSync(dir.password, passwordCopy);
  if (account) {
    fs.chownSync(unfinished, account.uid, account.gid);
    fs.chownSync(passwordCopy, account.uid, account.gid);
  }
  // The built-in C.UTF-8 handles the case of all letters and needs no locale of the machine.
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8'];
  const access = ['--username=postgres', `--pwfile=${passwordCopy}`, '--auth=scram-sha-256'];
  // Each connection of a client computes that many hashes of the password.
  const speed = isFast ? ['--no-sync', '--set=scram_iterations=1'] : [];
  const options = [`--pgdata=${cluster}`, ...locale, ...access, '--no-instructions', ...speed];
  try {
    await run(binaries.initdb, options, { ...identity(account), cwd: unfinished, env: serverEnvironment });
  } catch (error) {
    const said = String(typeof error === 'object' && error && 'stderr' in error ? error.stderr : error)
      .trim()
      .split('\n');
    throw new StoreUnavailableError(
      `the embedded Postgres could not be created in ${dir.root}: ${said.findLast((line) => /error:|FATAL/.test(line)) ?? said.at(-1) ?? ''}`,
      { log: said.slice(-logTailLines) },
      { cause: error },
    );
  }
  fs.renameSync(cluster, dir.cluster);
  fs.rmSync(unfinished, { recursive: true, force: true });
}

/**
 * Starts the server in its own session, so that Ctrl-C in a terminal does not stop it before this process has
 * drained, and it keeps running if this process is killed.
 *
 * @throws {StoreUnavailableError} with the end of the server's log in its context.
 */
export async function startServer(request: StartRequest): Promise<RunningServer> {
  const { dir, binaries, account } = request;
  if (fs.existsSync(dir.log)) fs.renameSync(dir.log, `${dir.log}.previous`);
  const log = fs.openSync(dir.log, 'a', 0o600);
  const child = spawn(binaries.postgres, ['-D', dir.cluster, ...settings(request)], {
    ...identity(account),
    cwd: dir.cluster,
    env: serverEnvironment,
    detached: true,
    stdio: ['ignore', log, log],
    windowsHide: true,
  });
  fs.closeSync(log);
  child.unref();
  child.once('error', () => undefined);
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  for (let poll = 0; poll < startPollsMax && isRunning(); poll += 1) {
    const server = findServer(dir);
    if (server?.isReady && server.pid === child.pid) return server;
    await sleep(pollMs);
  }
  throw unavailable('the embedded Postgres did not start', dir);
}

/** Stops the server and waits until it has ended. Its sessions end, its data stays. */
export async function stopServer(dir: DataDir): Promise<boolean> {
  const server = findServer(dir);
  if (!server) return false;
  // SIGINT means a fast shutdown. Windows has no signals; there it is a hard stop, and the next start recovers.
  process.kill(server.pid, 'SIGINT');
  for (let poll = 0; poll < stopPollsMax; poll += 1) {
    await sleep(pollMs);
    if (findServer(dir)?.pid !== server.pid) return true;
  }
  throw unavailable('the embedded Postgres does not stop', dir);
}

export function logTail(dir: DataDir): string[] {
  return readIfPresent(dir.log).trimEnd().split('\n').slice(-logTailLines);
}

function settings({ port, isFast }: StartRequest): string[] {
  const pairs = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=192MB',
    'timezone=UTC',
    'log_timezone=UTC',
    'log_checkpoints=off',
    ...(isFast
      ? [
          'fsync=off',
          'full_page_writes=off',
          'synchronous_commit=off',
          'wal_level=minimal',
          'max_wal_senders=0',
        ]
      : []),
  ];
  return pairs.flatMap((pair) => ['-c', pair]);
}

function identity(account: ServerAccount | undefined): { uid?: number; gid?: number } {
  return account ? { uid: account.uid, gid: account.gid } : {};
}

/** If in doubt, returns true: a second server on one cluster would destroy it. */
function isServerProcess(pid: number, dir: DataDir): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || !isProcessAlive(pid)) return false;
  if (process.platform === 'win32') return true;
  if (process.platform !== 'linux') return commandOf(pid).includes('postgres');
  try {
    // A server's working directory is its cluster, even after a rename.
    return fs.readlinkSync(`/proc/${pid}/cwd`) === dir.cluster;
  } catch {
    // In a container, root may not read that link of another user's process.
    return readIfPresent(`/proc/${pid}/cmdline`).split('\0').includes(dir.cluster);
  }
}

function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

function unavailable(what: string, dir: DataDir): StoreUnavailableError {
  const tail = logTail(dir);
  const reason = tail.findLast((line) => /FATAL|PANIC|error while loading/.test(line));
  const said = reason === undefined ? '' : ` (${reason.replace(/^.*?(?=FATAL|PANIC)/, '')})`;
  return new StoreUnavailableError(`${what}${said}: see ${dir.log}`, { log: tail });
}

function readIfPresent(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
