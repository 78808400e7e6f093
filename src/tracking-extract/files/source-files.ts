import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigInvalidError } from '../../errors.ts';
import type { SourceFile } from './source-file.ts';
import { listMembers } from './zip-archive.ts';

/** Enough of a file's beginning and end to tell it from others of its size. */
const sampleBytes = 64 * 1024;

/**
 * The files at a path: a text file, a ZIP archive, or a folder of these, also one folder further down. By name.
 *
 * @throws {ConfigInvalidError} where nothing is there, for links within a folder, and as `listMembers` does.
 */
export async function listFiles(place: string): Promise<SourceFile[]> {
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) throw new ConfigInvalidError(`${place}: there is no such file or folder`);
  if (!found.isDirectory()) return await filesOf(place, path.basename(place), found.size);
  const files: SourceFile[] = [];
  for (const name of await namesIn(place, '')) {
    const file = path.join(place, name);
    const { size } = await stat(file);
    files.push(...(await filesOf(file, name, size)));
  }
  return files;
}

async function namesIn(root: string, below: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of (await readdir(path.join(root, below))).toSorted()) {
    const name = path.join(below, entry);
    const found = await lstat(path.join(root, name));
    if (found.isSymbolicLink())
      throw new ConfigInvalidError(`${name} is not imported: it is a symbolic link`);
    if (found.isDirectory() && below === '') names.push(...(await namesIn(root, name)));
    if (found.isFile()) names.push(name);
  }
  return names;
}

async function filesOf(file: string, name: string, bytes: number): Promise<SourceFile[]> {
  if (/\.zip$/iu.test(name) || (await startsLikeZip(file))) return await listMembers(file, name);
  return [
    {
      ...{ name, fileName: name, bytes },
      fingerprint: () => sample(file, bytes),
      open: (offset) => readFile(file, offset),
    },
  ];
}

async function startsLikeZip(file: string): Promise<boolean> {
  return (await readAt(file, 0, 4)).equals(Buffer.from([0x50, 0x4b, 3, 4]));
}

async function sample(file: string, bytes: number): Promise<string> {
  const digest = createHash('sha256');
  digest.update(await readAt(file, 0, sampleBytes));
  digest.update(await readAt(file, Math.max(0, bytes - sampleBytes), sampleBytes));
  return `file ${bytes} ${digest.digest('hex')}`;
}

async function readAt(file: string, position: number, length: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function* readFile(file: string, offset: number): AsyncGenerator<Buffer> {
  for await (const part of createReadStream(file, { start: offset })) if (Buffer.isBuffer(part)) yield part;
}
