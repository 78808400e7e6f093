import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const made = new Set<string>();

/** A folder for the time of a measurement. */
export function makeFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sfmc-tracking-bench-'));
  made.add(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  made.delete(folder);
}

/** Removes those that are left where a benchmark is stopped. */
export function removeFolders(): void {
  for (const folder of made) removeFolder(folder);
}
