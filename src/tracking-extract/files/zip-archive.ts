import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { ConfigInvalidError } from '../../errors.ts';
import type { SourceFile } from './source-file.ts';

/** More members than any extract has. */
const membersMax = 1000;

// CSV shrinks to a tenth or a thirtieth; only nonsense shrinks to less than a two-hundredth. Small files may.
const ratioMax = 200;
const smallBytes = 10 * 1024 * 1024;

const archive = /\.(zip|gz|tgz|bz2|7z|rar|tar|xz|zst)$/iu;

/**
 * The files in a ZIP archive, read where they are: nothing is written anywhere.
 *
 * @throws {ConfigInvalidError} for a damaged archive, and for members that no extract has: outside its folder, links,
 * archives, encrypted, or blown up.
 */
export async function listMembers(path: string, name: string): Promise<SourceFile[]> {
  const zip = await openArchive(path, name);
  const files: SourceFile[] = [];
  const offsets = new Set<number>();
  try {
    if (zip.entryCount > membersMax) throw refused(name, `it has more than ${membersMax} members`);
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      const problem = problemOf(entry);
      if (problem !== undefined) throw refused(name, `${entry.fileName} ${problem}`);
      if (offsets.has(entry.relativeOffsetOfLocalHeader))
        throw refused(name, 'two of its members are the same bytes');
      offsets.add(entry.relativeOffsetOfLocalHeader);
      files.push(memberFile(path, name, entry));
    }
    return files;
  } catch (error) {
    throw error instanceof ConfigInvalidError ? error : refused(name, messageOf(error));
  } finally {
    zip.close();
  }
}

async function openArchive(path: string, name: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { lazyEntries: true, autoClose: false, strictFileNames: true });
  } catch (error) {
    throw refused(name, messageOf(error));
  }
}

function problemOf(entry: Entry): string | undefined {
  const { fileName, compressedSize, uncompressedSize } = entry;
  // The upper half of these attributes is the mode of Unix.
  if (((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000) return 'is a symbolic link';
  if (entry.isEncrypted()) return 'is encrypted';
  if (!entry.canDecodeFileData()) return 'is compressed by a method that is not supported';
  if (archive.test(fileName)) return 'is an archive within the archive';
  if (uncompressedSize > smallBytes && uncompressedSize > compressedSize * ratioMax)
    return `would grow ${Math.round(uncompressedSize / Math.max(compressedSize, 1))}-fold, which no extract does`;
  return undefined;
}

function memberFile(path: string, archiveName: string, entry: Entry): SourceFile {
  const { fileName, uncompressedSize, crc32: checksum } = entry;
  const name = `${archiveName}: ${fileName}`;
  return {
    name,
    fileName,
    bytes: uncompressedSize,
    fingerprint: () => Promise.resolve(`member ${fileName} ${uncompressedSize} ${checksum}`),
    open: (offset) => readMember(path, name, entry, offset),
  };
}

/** The bytes of a member from an offset on. A member is always decompressed from its beginning, and its checksum compared. */
async function* readMember(path: string, name: string, entry: Entry, offset: number): AsyncGenerator<Buffer> {
  const zip = await openArchive(path, name);
  let checksum = 0;
  let at = 0;
  try {
    for await (const part of await zip.openReadStreamPromise(entry)) {
      if (!Buffer.isBuffer(part)) continue;
      checksum = crc32(part, checksum);
      const start = at;
      at += part.length;
      if (at > offset) yield start >= offset ? part : part.subarray(offset - start);
    }
  } catch (error) {
    throw error instanceof ConfigInvalidError ? error : refused(name, messageOf(error));
  } finally {
    zip.close();
  }
  if (checksum !== entry.crc32) throw refused(name, 'its checksum is wrong: fetch the file again');
}

function refused(name: string, reason: string): ConfigInvalidError {
  return new ConfigInvalidError(`${name} is not imported: ${reason}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
