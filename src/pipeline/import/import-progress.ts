/** How far an import is. */
export interface ImportStage {
  /** From 0 to 1, over all files. */
  readonly fraction: number;
  /** Undefined until there is something to tell it by. */
  readonly leftMs: number | undefined;
}

export interface ImportProgress {
  readonly begin: (fileBytes: readonly number[]) => void;
  /** Bytes of the current file that are read. */
  readonly onBytes: (bytes: number) => void;
  /** Rows of the current file that are merged, of how many. */
  readonly onRows: (merged: number, staged: number) => void;
  readonly nextFile: () => void;
}

/** Reading a file takes about as long as merging its rows. */
const readShare = 0.5;

/** Follows an import, and tells how far it is after each step. */
export function createImportProgress(now: () => Date, onStage: (stage: ImportStage) => void): ImportProgress {
  let sizes: readonly number[] = [];
  let index = 0;
  let ofFile = 0;
  let begun: { readonly atMs: number; readonly fraction: number } | undefined;
  const report = () => {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const before = sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
    const fraction = total === 0 ? 1 : Math.min(1, (before + ofFile * (sizes[index] ?? 0)) / total);
    // What was read before an interruption says nothing of the speed of now.
    begun ??= { atMs: now().getTime(), fraction };
    const done = fraction - begun.fraction;
    const elapsedMs = now().getTime() - begun.atMs;
    onStage({ fraction, leftMs: done > 0 ? (elapsedMs / done) * (1 - fraction) : undefined });
  };
  return {
    begin(fileBytes) {
      sizes = fileBytes;
    },
    onBytes(bytes) {
      ofFile = readShare * Math.min(1, bytes / Math.max(1, sizes[index] ?? 1));
      report();
    },
    onRows(merged, staged) {
      ofFile = readShare + (1 - readShare) * Math.min(1, merged / Math.max(1, staged));
      report();
    },
    nextFile() {
      index += 1;
      ofFile = 0;
      report();
    },
  };
}
