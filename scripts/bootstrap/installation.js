// What is installed in this checkout, and what should be.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

const modules = path.join(root, 'node_modules');
const stampFile = path.join(modules, '.bootstrap-stamp');
const lockText = fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8');
// The content of the lockfile counts, not its date: a clone sets dates at will.
const digest = createHash('sha256').update(lockText).digest('hex');

/** The Node that the checkout brings where the machine has another one. */
export const nodeVersion = fs.readFileSync(path.join(root, '.node-version'), 'utf8').trim();

/** Beside node_modules, so that an installation there does not remove the Node that is running. */
export const nodeHome = path.join(root, '.node');

const nodeBinary = process.platform === 'win32' ? 'node.exe' : 'node';

export const nodeFile = path.join(nodeHome, nodeVersion, nodeBinary);

const isAppleSilicon = process.platform === 'darwin' && process.arch === 'arm64';
const platform = process.platform === 'win32' ? 'win' : process.platform;

/** The npm package with the Node binary of this platform, and where it has it. */
export const nodePackage = `${isAppleSilicon ? 'node-bin' : 'node'}-${platform}-${process.arch}`;
export const fileInNodePackage = path.join('node_modules', nodePackage, 'bin', nodeBinary);

// The first Node with type stripping and everything else that the dependencies need.
export const nodeNeeded = [22, 19];

export function isNewEnough(version) {
  return compare(version, nodeNeeded) >= 0;
}

/** Whether this process's Node serves as well as the one that the checkout brings: the same major version. */
export function isSuitable(version) {
  const [major] = nodeVersion.split('.').map(Number);
  // Since 24.3 type stripping prints no warning.
  return compare(version, [major, major === 24 ? 3 : 0]) >= 0 && compare(version, [major + 1, 0]) < 0;
}

function compare(version, [major, minor]) {
  const [ownMajor, ownMinor] = version.split('.').map(Number);
  return ownMajor === major ? ownMinor - minor : ownMajor - major;
}

/** The Node for all commands: this one, or the one of the checkout. */
export function nodeToRun() {
  return !isSuitable(process.versions.node) && fs.existsSync(nodeFile) ? nodeFile : process.execPath;
}

/** Whether packages and Node are in place for a set: `runtime` or `full`, which contains it. */
export function isReady(set) {
  const [stamped, installedSet] = readIfPresent(stampFile).split(' ');
  return stamped === digest && (installedSet === 'full' || installedSet === set) && hasNode();
}

export function hasNode() {
  return isNewEnough(process.versions.node) || fs.existsSync(nodeFile);
}

export function writeStamp(set) {
  fs.writeFileSync(stampFile, `${digest} ${set}`);
}

/** The folders that the lockfile wants in node_modules for a set on this platform, with its record of each. */
export function wantedPackages(set) {
  return Object.entries(JSON.parse(lockText).packages).filter(
    ([folder, entry]) => folder !== '' && !(set === 'runtime' && entry.dev) && isForThisPlatform(entry),
  );
}

/** Optional packages for other platforms are left out by npm; where it looks at the C library, npm decides. */
function isForThisPlatform({ optional, devOptional, os, cpu, libc }) {
  if (!optional && !devOptional) return true;
  return libc === undefined && os?.includes(process.platform) && cpu?.includes(process.arch);
}

/** Compares what npm recorded of its last installation with the lockfile, package by package. */
export function isInstalled(set) {
  const present = presentPackages();
  return wantedPackages(set).every(([folder, { version, integrity }]) => {
    const found = present[folder];
    return found?.version === version && found.integrity === integrity && isPresent(folder);
  });
}

export function isPresent(folder) {
  return fs.existsSync(path.join(root, folder, 'package.json'));
}

/** Whether packages for tests and checks are installed, so that they are not to be removed. */
export function hasDevPackages() {
  return Object.values(presentPackages()).some(({ dev }) => dev);
}

function presentPackages() {
  try {
    return JSON.parse(readIfPresent(path.join(modules, '.package-lock.json'))).packages ?? {};
  } catch {
    return {};
  }
}

function readIfPresent(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
