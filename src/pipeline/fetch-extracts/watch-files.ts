import type { RemoteFile, SftpSession } from '../../tracking-extract/sftp/open-sftp.ts';

export interface FileWatch {
  /** Whether the file is whole: twice the same size and date, and nothing against it. */
  isReady(name: string, session: SftpSession): Promise<boolean>;
  /** Whether the last look found the file. */
  isThere(name: string): boolean;
  /** Whether something changed since the last call: a file appeared, or grew. */
  hasChanged(): boolean;
  /** What was fetched is no whole archive. Returns how often that was so while the file stayed the same. */
  noteDamage(name: string): number;
}

interface Seen extends RemoteFile {
  readonly damages: number;
  readonly lookAgainAtMs: number;
}

/**
 * Remembers files from look to look: one that is being written grows, or changes its date. One that was found damaged
 * is looked at again after a longer time, since its writer may only have paused.
 */
export function createFileWatch(now: () => Date, damageWaitMs: number): FileWatch {
  const seen = new Map<string, Seen>();
  let isChanged = false;
  return {
    async isReady(name, session) {
      const before = seen.get(name);
      if (before !== undefined && before.lookAgainAtMs > now().getTime()) return false;
      const found = await session.find(name);
      if (found === undefined) {
        seen.delete(name);
        return false;
      }
      const isSame = before?.bytes === found.bytes && before.modifiedMs === found.modifiedMs;
      if (!isSame) {
        seen.set(name, { ...found, damages: 0, lookAgainAtMs: 0 });
        isChanged = true;
      }
      return isSame && found.bytes > 0;
    },
    isThere: (name) => seen.has(name),
    hasChanged() {
      const was = isChanged;
      isChanged = false;
      return was;
    },
    noteDamage(name) {
      const known = seen.get(name);
      if (known === undefined) return 0;
      const damages = known.damages + 1;
      const lookAgainAtMs = now().getTime() + damageWaitMs * 2 ** known.damages;
      seen.set(name, { ...known, damages, lookAgainAtMs });
      return damages;
    },
  };
}
