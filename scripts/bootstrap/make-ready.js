// Installs what a set lacks: packages by `npm ci`, Node by its package for this platform, both at the same time.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {
  fileInNodePackage,
  hasDevPackages,
  hasNode,
  isInstalled,
  isNewEnough,
  isPresent,
  isReady,
  isSuitable,
  nodeFile,
  nodeHome,
  nodeNeeded,
  nodePackage,
  nodeVersion,
  root,
  wantedPackages,
  writeStamp,
} from './installation.js';
import { underLock } from './lock.js';
import { showProgress } from './progress.js';

/** Makes the checkout ready for `runtime` or `full`; ends the process with one clear line where that fails. */
export async function makeReady(set) {
  try {
    await underLock(root, async () => {
      // Another process may have done it meanwhile.
      if (!isReady(set)) await install(set);
    });
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

async function install(requestedSet) {
  // A checkout with the packages for tests keeps them.
  const set = hasDevPackages() ? 'full' : requestedSet;
  const isComplete = isInstalled(set);
  const isSuited = isSuitable(process.versions.node) || fs.existsSync(nodeFile);
  const wanted = wantedPackages(set).map(([folder]) => folder);
  const describe = () =>
    [
      ...(isComplete ? [] : [`${wanted.filter(isPresent).length} of ${wanted.length} packages`]),
      ...(isSuited ? [] : [`Node ${nodeVersion}`]),
    ].join(', ');
  const progress = isComplete && isSuited ? undefined : showProgress(() => `installing once: ${describe()}`);
  try {
    const [packages] = await Promise.allSettled([
      isComplete ? undefined : installPackages(set),
      // Whether a failure here matters is decided below: this process's own Node may be new enough.
      isSuited ? undefined : installNode(),
    ]);
    if (packages.status === 'rejected') throw packages.reason;
  } finally {
    progress?.stop();
  }
  if (!hasNode()) {
    throw new Error(
      `Node ${nodeNeeded.join('.')} or later is needed; this is ${process.version}, and fetching ` +
        `${nodePackage}@${nodeVersion} from the npm registry did not succeed: install Node, then try again`,
    );
  }
  writeStamp(set);
}

async function installPackages(set) {
  const dev = set === 'full' ? '--include=dev' : '--omit=dev';
  // No package needs its install scripts, so it makes no difference whether they are switched off.
  const install = (...more) => npm('ci', '--ignore-scripts', dev, '--include=optional', ...more);
  // What npm has kept of the registry is used without asking whether it is still so: the lock file names each package by
  // its content. Where something newer than that is needed, npm asks in a second try.
  const fromCache = await install('--prefer-offline');
  const { isDone, output } = fromCache.isDone ? fromCache : await install();
  if (!isDone)
    throw new Error(`${output}\n\`npm ci\` did not succeed: see its message above, then try again`);
}

/** Keeps the binary alone; the headers and pages of its package are another 60 MB. */
async function installNode() {
  const folder = path.join(nodeHome, `installing-${process.pid}`);
  const file = path.join(folder, fileInNodePackage);
  try {
    const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--prefix', folder];
    fs.mkdirSync(folder, { recursive: true });
    await npm('install', ...flags, `${nodePackage}@${nodeVersion}`);
    if (!isNewEnough(versionOf(file))) return;
    // A rename is all or nothing: a file in that place is whole, and it runs on this machine.
    fs.mkdirSync(path.dirname(nodeFile), { recursive: true });
    fs.renameSync(file, nodeFile);
  } finally {
    removeAllBut(nodeVersion);
  }
}

/** Removes earlier versions, and the folders of this installation and of interrupted ones. */
function removeAllBut(kept) {
  for (const name of fs.readdirSync(nodeHome)) {
    if (name !== kept) fs.rmSync(path.join(nodeHome, name), { recursive: true, force: true });
  }
}

function versionOf(node) {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim().replace(/^v/, '') : '0.0.0';
}

/** Runs npm; its messages are for the case that it fails. */
function npm(...args) {
  const quiet = ['--loglevel=error', '--no-progress', '--no-update-notifier', '--no-audit', '--no-fund'];
  const cli = process.env.npm_execpath ?? '';
  const isNpm = path.basename(cli) === 'npm-cli.js' && fs.existsSync(cli);
  const options = { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] };
  const child = isNpm
    ? spawn(process.execPath, [cli, ...args, ...quiet], options)
    : spawn('npm', [...args, ...quiet], { ...options, shell: process.platform === 'win32' });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ isDone: false, output: message }));
    child.once('close', (code) => resolve({ isDone: code === 0, output: output.trim() }));
  });
}
