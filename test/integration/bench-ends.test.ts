import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/clock.ts';
import { makeClusterFolder } from '../support/postgres/cluster-folder.ts';
import { compileCache } from '../support/program/compile-cache.ts';

const bench = path.join(import.meta.dirname, '..', '..', 'bench', 'main.ts');
let folder: string;
let group: number | undefined;

beforeEach(() => {
  folder = makeClusterFolder();
});
afterEach(() => {
  endGroup();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** What a failed test left. */
function endGroup(): void {
  try {
    if (group !== undefined) process.kill(-group, 'SIGKILL');
  } catch {
    // There is none: the benchmark and all it started have ended.
  }
}

/** The port of the benchmark's Postgres, once it runs. */
function postgresPort(): number | undefined {
  const [file] = fs.globSync(path.join(folder, '*', 'postgres', 'postmaster.pid'));
  const port = file === undefined ? undefined : Number(fs.readFileSync(file, 'utf8').split('\n')[3]);
  return port !== undefined && port > 0 ? port : undefined;
}

/** What a connection gets; a process that nobody waits for would still have its number. */
async function resultOfConnecting(port: number): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return 'connected';
  } catch (error) {
    return String(error);
  } finally {
    socket.destroy();
  }
}

/**
 * What runs in a group of processes: the benchmark and all it started, but Postgres, which has its own. A look costs as
 * much CPU as the benchmark uses in a tenth of a second, so there is a pause before it.
 */
async function commandsOf(): Promise<string[]> {
  await sleep(200);
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,args='], { encoding: 'utf8' });
  const lines = stdout.split('\n').map((line) => line.trim());
  return lines.filter((line) => line.startsWith(`${group} `) && !line.endsWith('<defunct>'));
}

// All kinds of processes that benchmarks start. End-to-end renders the pages of all rounds before the first one, and the
// source of the queue the events of all tasks.
it.each([
  ['SIGTERM', 143, 'sync', ['--rounds', '100000'], ['simulator/main.ts', 'bin/sfmc-tracking.js sync']],
  ['SIGHUP', 129, 'end-to-end', ['--rounds', '3'], ['replay-server.ts', 'contender-process.ts extract']],
  [
    ...(['SIGINT', 130, 'queue', ['--rounds', '100000', '--tasks', '40']] as const),
    ['send-source-server.ts', 'contender-process.ts queue', 'bin/sfmc-tracking.js sync'],
  ],
] as const)(
  'a benchmark that %s (%d) stops (%s) ends its processes and its Postgres and removes its folder',
  async (signal, code, name, options, children) => {
    const child = spawn(process.execPath, [bench, name, ...options], {
      env: {
        ...{ PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: folder },
        ...compileCache,
      },
      ...{ stdio: 'ignore', detached: true },
    });
    group = child.pid;
    const ended = once(child, 'exit');
    const port = await eventually('the Postgres of the benchmark', postgresPort);
    await eventually('all kinds of its processes', async () => {
      const commands = await commandsOf();
      return children.every((part) => commands.some((command) => command.includes(part))) || undefined;
    });
    child.kill(signal);
    expect(await ended).toEqual([code, null]);
    await eventually('the end of all it started', async () => (await commandsOf()).length === 0);
    expect(await resultOfConnecting(port)).toContain('ECONNREFUSED');
    expect(fs.readdirSync(folder)).toEqual([]);
  },
);
