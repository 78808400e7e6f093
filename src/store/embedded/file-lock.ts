import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../../errors.ts';
import { systemCode } from '../../system-code.ts';

const beatMs = 1_000;
const pollMs = 50;
// An owner without a heartbeat for 15 s is dead, even if another program now has its process id.
const silentPollsMax = 15_000 / pollMs;
// Longest wait: 4 minutes, longer than a start that replays the log after a crash.
const pollsMax = 240_000 / pollMs;

/**
 * Runs `work` while no other process on this machine holds the same lock file.
 *
 * The lock of a dead owner is taken over. The lock only prevents starts at the same time: Postgres itself
 * refuses a second server on one cluster, so the data is safe without it.
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const claim = `${process.pid} ${randomUUID()}`;
  await acquire(file, claim);
  let beats = 0;
  const heart = setInterval(() => {
    beats += 1;
    if (isHeldBy(file, claim)) fs.writeFileSync(file, `${claim} ${beats}`);
  }, beatMs);
  try {
    return await work();
  } finally {
    clearInterval(heart);
    if (isHeldBy(file, claim)) fs.rmSync(file, { force: true });
  }
}

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

async function acquire(file: string, claim: string): Promise<void> {
  let lastSeen = '';
  let silentPolls = 0;
  for (let poll = 0; poll < pollsMax; poll += 1) {
    try {
      fs.writeFileSync(file, claim, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    const seen = readIfPresent(file);
    silentPolls = seen === lastSeen ? silentPolls + 1 : 0;
    lastSeen = seen;
    const isOwnerDead = seen !== '' && !isProcessAlive(Number.parseInt(seen, 10));
    if (isOwnerDead || silentPolls >= silentPollsMax) takeAway(file, seen);
    else await sleep(pollMs);
  }
  throw new StoreUnavailableError(`another process has held ${file} for too long`, { file });
}

/** Removes a dead owner's lock. Renames it first, so that of two waiters only one removes it. */
function takeAway(file: string, seen: string): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    fs.renameSync(file, aside);
    if (readIfPresent(aside) !== seen) fs.linkSync(aside, file);
  } catch {
    // Another waiter was faster; the next attempt reads the file again.
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

function isHeldBy(file: string, claim: string): boolean {
  return readIfPresent(file).startsWith(claim);
}

function readIfPresent(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
