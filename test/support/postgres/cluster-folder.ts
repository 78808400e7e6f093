import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const prefix = 'sfmc-tracking-test-';
const memory = '/dev/shm';
/** What a run needs at most: some databases of 11 MB at a time, and up to 1 GB of write-ahead log. */
const memoryNeededBytes = 4 * 2 ** 30;

/**
 * A new folder for a Postgres that this process deletes at its end, in memory where there is enough: each database of
 * a test is a copy of some 550 files, and on a disk most of the time of a copy goes into creating and deleting them.
 */
export function makeClusterFolder(): string {
  const folder = fs.mkdtempSync(path.join(hasMemory() ? memory : os.tmpdir(), `${prefix}${process.pid}-`));
  // Started by root, the server runs as another user, who must be able to enter.
  fs.chmodSync(folder, 0o755);
  return folder;
}

/** Every such folder on this machine, with the process that made it. */
export function findClusterFolders(): { folder: string; pid: number }[] {
  const parents = [os.tmpdir(), memory].filter((parent) => fs.existsSync(parent));
  return parents.flatMap((parent) =>
    fs
      .readdirSync(parent)
      .filter((name) => name.startsWith(prefix))
      .map((name) => ({
        folder: path.join(parent, name),
        pid: Number(name.slice(prefix.length).split('-')[0]),
      })),
  );
}

function hasMemory(): boolean {
  try {
    const { bavail, bsize } = fs.statfsSync(memory);
    return bavail * bsize >= memoryNeededBytes;
  } catch {
    return false;
  }
}
