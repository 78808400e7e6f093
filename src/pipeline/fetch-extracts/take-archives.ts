import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Pool } from '../../store/connection/pool.ts';
import {
  type ExtractEntry,
  noteDone,
  noteFailed,
  noteFetched,
  noteLoaded,
  noteRequested,
} from '../../store/import/extract-requests.ts';
import type { SftpSession } from '../../tracking-extract/sftp/open-sftp.ts';
import { damageOf } from '../../tracking-extract/files/verify-archive.ts';
import { isOfConnection } from '../policy/error-policy.ts';
import { createFileWatch, type FileWatch } from './watch-files.ts';

export interface ArchiveDeps {
  readonly pool: Pool;
  readonly openSftp: (signal: AbortSignal) => Promise<SftpSession>;
  /** Where archives are kept until they are loaded. */
  readonly folder: string;
  /** Loads the events of an archive; throws the signal's reason where it is interrupted. */
  readonly load: (archive: string, entry: ExtractEntry) => Promise<void>;
  readonly now: () => Date;
  /** First wait between two looks at the SFTP server. */
  readonly pollBaseMs: number;
  /** Takes a line for people. */
  readonly onNotice: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface Keeping {
  /** Archives stay on this machine once they are loaded. */
  readonly keepsFiles: boolean;
  /** Archives are deleted on the SFTP server once they are loaded. */
  readonly deletesRemote: boolean;
}

/** A file that stays damaged for as many looks, each after a longer wait, will not become whole. */
const damagesMax = 4;
const damageWaitSteps = 8;

/** Fetches archives that are whole, loads them, and puts them away; each step is in the ledger once it is done. */
export class ArchiveTaker {
  /** Why the last look could not be taken. */
  obstacle: string | undefined;
  /** The last look found a file for the first time, or grown: the next one may find it whole. */
  isNear = false;
  readonly #deps: ArchiveDeps;
  readonly #keeping: Keeping;
  readonly #watch: FileWatch;

  constructor(deps: ArchiveDeps, keeping: Keeping) {
    this.#deps = deps;
    this.#keeping = keeping;
    this.#watch = createFileWatch(deps.now, deps.pollBaseMs * damageWaitSteps);
  }

  /** Whether the archive of a request is on the SFTP server, whole or not. */
  isThere({ fileName }: ExtractEntry): boolean {
    return this.#watch.isThere(fileName);
  }

  /** Looks once for the archives of all requests that may have left. Returns whether one was loaded. */
  async look(open: readonly ExtractEntry[]): Promise<boolean> {
    let hasLoaded = false;
    for (const entry of open.filter(({ state }) => state === 'fetched' || state === 'loaded'))
      hasLoaded = (await this.#loadFetched(entry)) || hasLoaded;
    const awaited = open.filter(
      ({ state, attempts }) => state === 'requested' || (state === 'planned' && attempts > 0),
    );
    if (awaited.length > 0) hasLoaded = (await this.#fetchAll(awaited)) || hasLoaded;
    this.isNear = this.#watch.hasChanged();
    return hasLoaded;
  }

  async #fetchAll(awaited: readonly ExtractEntry[]): Promise<boolean> {
    const { openSftp, signal } = this.#deps;
    let hasLoaded = false;
    try {
      const session = await openSftp(signal);
      try {
        for (const entry of awaited) hasLoaded = (await this.#fetch(entry, session)) || hasLoaded;
      } finally {
        session.close();
      }
      this.obstacle = undefined;
    } catch (error) {
      // It was reached before: what broke may work again at the next look.
      if (!isOfConnection(error)) throw error;
      this.obstacle = error.message;
    }
    return hasLoaded;
  }

  async #fetch(entry: ExtractEntry, session: SftpSession): Promise<boolean> {
    const { pool, folder, signal } = this.#deps;
    const { fileName, requestId, state } = entry;
    if (!(await this.#watch.isReady(fileName, session))) return false;
    const archive = path.join(folder, fileName);
    const part = `${archive}.part`;
    await session.fetch(fileName, part);
    const damage = await damageOf(part, signal);
    if (damage !== undefined) {
      await rm(part, { force: true });
      await this.#noteDamage(entry, damage.replaceAll(`${fileName}.part`, fileName));
      return false;
    }
    await rename(part, archive);
    if (state === 'planned') await noteRequested(pool, requestId, undefined);
    await noteFetched(pool, requestId, (await stat(archive)).size);
    return await this.#load(entry, archive);
  }

  async #noteDamage({ fileName, requestId }: ExtractEntry, damage: string): Promise<void> {
    if (this.#watch.noteDamage(fileName) < damagesMax) return;
    const message = `the archive on the SFTP server is damaged and does not change: ${damage}; the same command requests it anew`;
    await noteFailed(this.#deps.pool, requestId, { code: 'ARCHIVE_DAMAGED', message });
  }

  /** An archive that an earlier process fetched; where it is gone, it is fetched again. */
  async #loadFetched(entry: ExtractEntry): Promise<boolean> {
    const { pool, folder, signal } = this.#deps;
    const archive = path.join(folder, entry.fileName);
    const isHere = (await stat(archive).catch(() => undefined)) !== undefined;
    if (entry.state === 'fetched' && (!isHere || (await damageOf(archive, signal)) !== undefined)) {
      await rm(archive, { force: true });
      await noteRequested(pool, entry.requestId, undefined);
      return false;
    }
    return await this.#load(entry, archive);
  }

  async #load(entry: ExtractEntry, archive: string): Promise<boolean> {
    const { pool, load } = this.#deps;
    if (entry.state !== 'loaded') {
      await load(archive, entry);
      await noteLoaded(pool, entry.requestId);
    }
    if (this.#keeping.deletesRemote) await this.#removeRemote(entry);
    if (!this.#keeping.keepsFiles) await rm(archive, { force: true });
    await noteDone(pool, entry.requestId);
    return true;
  }

  /** By a connection of its own: a long load may have outlasted the one that fetched. */
  async #removeRemote({ fileName }: ExtractEntry): Promise<void> {
    const { openSftp, signal, onNotice } = this.#deps;
    try {
      const session = await openSftp(signal);
      await session.remove(fileName).finally(() => session.close());
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      onNotice(`${fileName} stays on the SFTP server: ${reason}`);
    }
  }
}
