// One installation at a time in a checkout.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 200;
// Longer than an installation over a slow line takes; an older lock is a leftover.
const lockAgeMaxMs = 20 * 60_000;
// Most waits end sooner; a longer one is explained.
const quietWaitMs = 2000;

/** Does the work while no other process does any for the same checkout; waits for its turn. */
export async function underLock(root, work) {
  const file = lockFile(root);
  const startedAt = Date.now();
  let isExplained = false;
  while (!take(file)) {
    if (isAbandoned(file)) {
      fs.rmSync(file, { force: true });
      continue;
    }
    if (!isExplained && Date.now() - startedAt > quietWaitMs) {
      isExplained = true;
      console.error('waiting for another process that installs the packages of this checkout');
    }
    await sleep(pollMs);
  }
  const release = () => fs.rmSync(file, { force: true });
  process.once('exit', release);
  try {
    await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** Outside node_modules, which an installation removes; one per checkout and user. */
function lockFile(root) {
  const place = createHash('sha256').update(fs.realpathSync(root)).digest('hex').slice(0, 16);
  return path.join(os.tmpdir(), `sfmc-tracking-bootstrap-${process.getuid?.() ?? 0}-${place}`);
}

function take(file) {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(file) {
  try {
    if (Date.now() - fs.statSync(file).mtimeMs > lockAgeMaxMs) return true;
    const pid = Number(fs.readFileSync(file, 'utf8'));
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
