import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ConfigInvalidError } from './errors.ts';
import { systemCode } from './system-code.ts';

/**
 * Makes a folder, and those above it that are not there yet. Node's own `recursive` never returns where a file system
 * refuses a folder although the one above is there, as below /proc.
 *
 * @throws the error of the system where a folder cannot be made.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  if (isFolder(folder)) return;
  const parent = path.dirname(folder);
  if (parent !== folder) makeFolder(parent, mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Makes the folder that an option names, where it is not there yet.
 *
 * @throws {ConfigInvalidError} where it cannot be made or written.
 */
export function takeFolder(option: string, folder: string, mode?: number): void {
  try {
    makeFolder(folder, mode);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ConfigInvalidError(
      `${option} is ${folder}: a folder that can be written (${systemCode(error)})`,
    );
  }
}
