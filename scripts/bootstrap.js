// Makes a fresh clone ready before any npm script runs: the dependencies of the lockfile, and a Node that runs
// TypeScript as it stands. Plain JavaScript for Node 20, without dependencies. Silent when nothing is to be done.
//   node scripts/bootstrap.js                       makes ready
//   node scripts/bootstrap.js [flags] FILE [args]   makes ready, then runs the file on that Node
// The second form is for npm scripts: npm skips `pre…` scripts where install scripts are switched off, and a
// shell that has found the old Node once would not look for the new one.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const lockfile = path.join(root, 'package-lock.json');
const modules = path.join(root, 'node_modules');
const stampFile = path.join(modules, '.bootstrap-stamp');
const broughtNode = path.join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
// The first Node with type stripping and everything else that the dependencies ask for.
const nodeNeeded = [22, 19];
const pollMs = 200;
// Longer than an installation over a slow line; after that the lock is taken for a left-over.
const lockAgeMaxMs = 20 * 60_000;

// Everything depends on the lockfile's content, never on its date: a clone sets dates as it likes.
const digest = createHash('sha256').update(fs.readFileSync(lockfile)).digest('hex');
if (!isReady()) underLock(() => isReady() || makeReady());
const command = process.argv.slice(2);
if (command.length > 0) run(fs.existsSync(broughtNode) ? broughtNode : process.execPath, command);

function isReady() {
  return (
    readIfPresent(stampFile) === digest && (isNewEnough(process.versions.node) || fs.existsSync(broughtNode))
  );
}

function makeReady() {
  if (!isInstalled()) {
    console.error('installing dependencies (once)…');
    // Without install scripts, whatever the machine's settings: the only one that we need is run below.
    const installed = npm(
      'ci',
      '--ignore-scripts',
      '--include=dev',
      '--include=optional',
      '--no-audit',
      '--no-fund',
    );
    if (!installed) fail('`npm ci` did not succeed: see its message above, then try again');
  }
  if (!isNewEnough(versionOf(broughtNode))) npm('rebuild', 'node', '--ignore-scripts=false', '--silent');
  if (![versionOf(broughtNode), process.versions.node].some(isNewEnough)) {
    fail(
      `Node ${nodeNeeded.join('.')} or later is needed; this is ${process.version}, and fetching one did not succeed ` +
        '(`npm rebuild node` says why): install it, then try again',
    );
  }
  fs.writeFileSync(stampFile, digest);
}

/** Compares what npm recorded of its last installation with the lockfile, package by package. */
function isInstalled() {
  const recorded = readIfPresent(path.join(modules, '.package-lock.json'));
  if (recorded === '') return false;
  try {
    const wanted = JSON.parse(fs.readFileSync(lockfile, 'utf8')).packages;
    const present = JSON.parse(recorded).packages;
    return Object.entries(wanted).every(([folder, { version, integrity, optional, devOptional }]) => {
      if (folder === '') return true;
      const found = present[folder];
      if (!found) return optional === true || devOptional === true;
      return (
        found.version === version && found.integrity === integrity && fs.existsSync(path.join(root, folder))
      );
    });
  } catch {
    return false;
  }
}

/** Becomes the command where the system and this Node can do that; otherwise stands in front of it. */
function run(node, args) {
  if (process.platform !== 'win32' && typeof process.execve === 'function') {
    // It is marked experimental: should that warning be printed, it would be in the output of every command.
    process.removeAllListeners('warning');
    process.execve(node, [node, ...args], process.env);
  }
  const child = spawn(node, args, { stdio: 'inherit' });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  // A terminal sends Ctrl-C to the command itself; a second one would ask it to hurry.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  child.once('error', ({ message }) => fail(message));
  child.once('exit', (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal]));
}

function npm(...args) {
  const quiet = ['--loglevel=error', '--no-progress', '--no-update-notifier'];
  const cli = process.env.npm_execpath ?? '';
  // Not the Node inside node_modules: `npm ci` removes that one first.
  const node = process.env.npm_node_execpath ?? process.execPath;
  const isNpm = path.basename(cli) === 'npm-cli.js' && fs.existsSync(cli) && fs.existsSync(node);
  const options = { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] };
  const ended = isNpm
    ? spawnSync(node, [cli, ...quiet, ...args], options)
    : spawnSync('npm', [...quiet, ...args], { ...options, shell: process.platform === 'win32' });
  return ended.status === 0;
}

function versionOf(node) {
  const answer = spawnSync(node, ['--version'], { cwd: root, encoding: 'utf8' });
  return answer.status === 0 ? answer.stdout.trim().replace(/^v/, '') : '0.0.0';
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > nodeNeeded[0] || (major === nodeNeeded[0] && minor >= nodeNeeded[1]);
}

/** Outside node_modules, which an installation removes; one per checkout and user. */
function underLock(work) {
  const place = createHash('sha256').update(fs.realpathSync(root)).digest('hex').slice(0, 16);
  const lock = path.join(os.tmpdir(), `sfmc-tracking-bootstrap-${process.getuid?.() ?? 0}-${place}`);
  while (!take(lock)) {
    if (isAbandoned(lock)) fs.rmSync(lock, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
  }
  const release = () => fs.rmSync(lock, { force: true });
  process.once('exit', release);
  work();
  release();
}

function take(lock) {
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(lock) {
  try {
    if (Date.now() - fs.statSync(lock).mtimeMs > lockAgeMaxMs) return true;
    const pid = Number(fs.readFileSync(lock, 'utf8'));
    return pid > 0 && !isAlive(pid);
  } catch {
    return false;
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readIfPresent(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function fail(line) {
  console.error(line);
  process.exit(1);
}
