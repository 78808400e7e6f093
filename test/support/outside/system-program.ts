import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..', '..');

/** Where Debian puts servers, which are not in every user's PATH. */
const moreFolders = ['/usr/sbin', '/usr/local/sbin'];

/**
 * Finds a program of a system package. In CI (`CI=1`) a missing one is installed, and the tests that need it always
 * run; elsewhere they are skipped, and a line on stderr says how to run them.
 */
export function findSystemProgram(name: string): string | undefined {
  return findOrInstall(name, () => findProgram(name)) ?? (isCi() ? name : undefined);
}

/** The Python that has a module of a system package, by the same rules. */
export function findPythonWith(module: string): string | undefined {
  const python = '/usr/bin/python3';
  const found = () => (existsSync(`/usr/lib/python3/dist-packages/${module}`) ? python : undefined);
  return findOrInstall(`python3-${module}`, found) ?? (isCi() ? python : undefined);
}

function findOrInstall(name: string, find: () => string | undefined): string | undefined {
  const found = find();
  if (found !== undefined) return found;
  if (isCi()) {
    const script = path.join(root, 'scripts', 'install-test-packages.ts');
    spawnSync(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit'] });
    return find();
  }
  process.stderr.write(`SKIPPED: ${name} is not installed; \`npm run test:install\` installs it\n`);
  return undefined;
}

function isCi(): boolean {
  return process.env['CI'] === '1';
}

function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), ...moreFolders];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}
