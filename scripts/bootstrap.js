// Prepares a checkout before an npm script runs: the packages of the lockfile, and a Node that runs TypeScript
// as it is. Plain JavaScript for Node 20, without dependencies. Prints nothing when everything is in place.
//   node scripts/bootstrap.js [--runtime] [flags] FILE [args]   prepares, then runs the file on that Node
//   node scripts/bootstrap.js [--runtime]                       only prepares
// With --runtime only the packages of the program itself are needed; without, also those of tests and checks.
// The npm scripts call this file, because npm skips `pre…` scripts where install scripts are switched off, and a
// shell that has found another Node once would not look for this one.
import { spawn } from 'node:child_process';
import os from 'node:os';
import { isReady, nodeToRun } from './bootstrap/installation.js';

const args = process.argv.slice(2);
const isRuntime = args[0] === '--runtime';
const command = isRuntime ? args.slice(1) : args;
const set = isRuntime ? 'runtime' : 'full';
// As the installed command has it: one pool of glibc's for all threads, instead of one for each.
const env = isRuntime ? { MALLOC_ARENA_MAX: '1', ...process.env } : process.env;

if (!isReady(set)) {
  const { makeReady } = await import('./bootstrap/make-ready.js');
  await makeReady(set);
}
if (command.length > 0) run(nodeToRun(), command);

/** Replaces this process by the command where that is possible; otherwise runs the command as a child process. */
function run(node, args) {
  if (process.platform !== 'win32' && typeof process.execve === 'function') {
    // execve is marked experimental; its warning would stand in the output of every command.
    process.removeAllListeners('warning');
    process.execve(node, [node, ...args], env);
  }
  const child = spawn(node, args, { stdio: 'inherit', env });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  // A terminal sends Ctrl-C to the child itself; a second SIGINT would end it at once.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  child.once('error', ({ message }) => {
    console.error(message);
    process.exit(1);
  });
  child.once('exit', (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal]));
}
