import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..', '..');
const builds = path.join(root, 'node_modules', '.cache', 'sfmc-tracking-tests');

/** What the build is made of. */
const sources = [
  'bin',
  'src',
  'simulator',
  'migrations',
  'scripts/bundle.ts',
  'package.json',
  'package-lock.json',
];

/** Builds kept besides the one in use: another test run may have begun with an earlier state of the sources. */
const kept = 3;

/**
 * The command in the form that the package ships, made of the sources as they are now: these processes start in half the
 * time, and the tests test what is shipped. A state of the sources is built once.
 */
export function buildCli(): string {
  const folder = path.join(builds, digestOf(sources));
  const command = path.join(folder, 'bin', 'sfmc-tracking.js');
  if (!fs.existsSync(command)) make(folder);
  removeOlder(folder);
  return command;
}

function digestOf(names: readonly string[]): string {
  const hash = createHash('sha256');
  for (const name of names) {
    const file = path.join(root, name);
    const files = fs.statSync(file).isDirectory()
      ? fs.readdirSync(file, { recursive: true, encoding: 'utf8' }).map((inner) => path.join(file, inner))
      : [file];
    for (const one of files.sort())
      if (fs.statSync(one).isFile()) hash.update(one).update('\0').update(fs.readFileSync(one)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

/** Under another name until it is whole: two test runs may build the same. */
function make(folder: string): void {
  const unfinished = `${folder}.${process.pid}`;
  const bundle = path.join(root, 'scripts', 'bundle.ts');
  const { status, stderr } = spawnSync(process.execPath, [bundle, path.join(unfinished, 'dist')], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the command could not be built: ${stderr}`);
  fs.cpSync(path.join(root, 'bin'), path.join(unfinished, 'bin'), { recursive: true });
  fs.copyFileSync(path.join(root, 'package.json'), path.join(unfinished, 'package.json'));
  try {
    fs.renameSync(unfinished, folder);
  } catch {
    // The other run was faster.
    fs.rmSync(unfinished, { recursive: true });
  }
}

function removeOlder(folder: string): void {
  fs.utimesSync(folder, new Date(), new Date());
  const others = fs
    .readdirSync(builds)
    .map((name) => path.join(builds, name))
    .filter((one) => one !== folder)
    .map((one) => ({ one, usedAtMs: fs.statSync(one).mtimeMs }))
    .toSorted((one, other) => other.usedAtMs - one.usedAtMs);
  for (const { one } of others.slice(kept)) fs.rmSync(one, { recursive: true, force: true });
}
