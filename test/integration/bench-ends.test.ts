import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '../support/clock.ts';

const bench = path.join(import.meta.dirname, '..', '..', 'bench', 'main.ts');
let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sfmc-tracking-bench-ends-'));
  // Started by root, the server runs as another user, who must be able to enter.
  fs.chmodSync(folder, 0o755);
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

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

it.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)(
  'a benchmark that %s stops ends its Postgres and removes its folder',
  async (signal, code) => {
    const child = spawn(process.execPath, [bench, 'status', '--rounds', '100000'], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: folder },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    const port = await eventually('the Postgres of the benchmark', postgresPort);
    child.kill(signal);
    expect(await ended).toEqual([code, null]);
    expect(await resultOfConnecting(port)).toContain('ECONNREFUSED');
    expect(fs.readdirSync(folder).filter((name) => name.startsWith('sfmc-tracking-bench-'))).toEqual([]);
  },
  120_000,
);
