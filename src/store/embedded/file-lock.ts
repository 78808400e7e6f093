import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../../errors.ts';

const beatMs = 1_000;
const pollMs = 50;
// An owner that has not beaten for so long is dead, even if its process id lives on in another program.
const silentPollsMax = 15_000 / pollMs;
// Longer than the longest work done under the lock: a start that replays the log after a crash.
const pollsMax = 240_000 / pollMs;

/**
 * Runs the work while no other process on this machine runs work under the same file.
 *
 * A lock whose owner died is taken over. The lock keeps starts from racing; the safety of the data
 * does not rest on it, because Postgres itself refuses a second server on one cluster.
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
    return errnoOf(error) === 'EPERM';
  }
}

/** The system's name for what went wrong, such as ENOENT. */
export function errnoOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}

async function acquire(file: string, claim: string): Promise<void> {
  let lastSeen = '';
  let silentPolls = 0;
  for (let poll = 0; poll < pollsMax; poll += 1) {
    try {
      fs.writeFileSync(file, claim, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
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

/** Two waiters may judge the same owner dead: moving the file aside first lets only one of them remove it. */
function takeAway(file: string, seen: string): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    fs.renameSync(file, aside);
    if (readIfPresent(aside) !== seen) fs.linkSync(aside, file);
  } catch {
    // Somebody else was quicker; the next attempt sees what is there now.
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
