import { existsSync, readFileSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import path from 'node:path';
import type { Environment } from './environment.ts';

/** `./data` where the working directory is a checkout of this project, else the user's data directory. */
export function defaultDataDir(env: Environment, cwd: string): string {
  if (isCheckout(cwd)) return 'data';
  const home = env['HOME'] ?? homedir();
  if (platform() === 'win32') return path.join(env['LOCALAPPDATA'] ?? home, 'sfmc-tracking');
  if (platform() === 'darwin') return path.join(home, 'Library', 'Application Support', 'sfmc-tracking');
  const dataHome = env['XDG_DATA_HOME'] ?? '';
  // The XDG specification: a relative path there is invalid and to be ignored.
  return path.join(
    path.isAbsolute(dataHome) ? dataHome : path.join(home, '.local', 'share'),
    'sfmc-tracking',
  );
}

function isCheckout(cwd: string): boolean {
  const file = path.join(cwd, 'package.json');
  return existsSync(file) && /"name":\s*"sfmc-tracking"/u.test(readFileSync(file, 'utf8'));
}
