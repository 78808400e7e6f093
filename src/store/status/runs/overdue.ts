export interface SyncHistory {
  /** End of the last sync that completed; null: none ever has. */
  readonly lastCompletedAt: Date | null;
  /** When the database was set up: a first sync is waited for from then on. */
  readonly installedAt: Date | null;
  /** Without a completed sync for this long, data are overdue; undefined: not known. */
  readonly readyAfterMs: number | undefined;
}

export interface Overdue {
  /** When data became overdue. */
  readonly since: Date;
  readonly lastCompletedAt: Date | null;
}

/**
 * Whether data are overdue: for too long no sync has completed, also where none ever has. What happened
 * besides, failed syncs or backfills, makes no difference.
 */
export function findOverdue(history: SyncHistory, now: Date): Overdue | null {
  const { lastCompletedAt, installedAt, readyAfterMs } = history;
  const waitingSince = lastCompletedAt ?? installedAt;
  if (waitingSince === null || readyAfterMs === undefined) return null;
  const since = new Date(waitingSince.getTime() + readyAfterMs);
  return since < now ? { since, lastCompletedAt } : null;
}
