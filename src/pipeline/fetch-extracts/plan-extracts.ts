import type { ExtractPlan } from '../../store/import/extract-requests.ts';

export interface ExtractWish {
  readonly accountIds: readonly number[];
  readonly eventTypes: readonly string[];
  readonly jobIds: readonly number[] | undefined;
  /** Half-open. */
  readonly from: Date;
  readonly to: Date;
}

// Marketing Cloud: an extract of a range has 30 days at most.
const extractDaysMax = 30;
const dayMs = 24 * 60 * 60 * 1000;

/** Cuts the range into extracts of at most 30 days, oldest first, for each account. `nameOf` makes names that are used once. */
export function planExtracts(
  { accountIds, eventTypes, jobIds, from, to }: ExtractWish,
  nameOf: () => string,
): ExtractPlan[] {
  const parts: { from: Date; to: Date }[] = [];
  for (let at = from.getTime(); at < to.getTime(); at += extractDaysMax * dayMs)
    parts.push({ from: new Date(at), to: new Date(Math.min(at + extractDaysMax * dayMs, to.getTime())) });

  return accountIds.flatMap((accountId) =>
    parts.map((part) => ({
      ...{ accountId, eventTypes, jobIds: jobIds ?? null },
      ...part,
      fileName: `sfmc-tracking_${accountId}_${day(part.from)}_${day(part.to)}_${nameOf()}.zip`,
    })),
  );
}

/** What tells one command from another: with the same words the same requests go on. */
export function scopeOf(purpose: 'import' | 'reconcile', wish: ExtractWish): string {
  const { accountIds, eventTypes, jobIds = null, from, to } = wish;
  const sorted = (ids: readonly number[]) => ids.toSorted((one, other) => one - other);
  return JSON.stringify({
    ...{ purpose, from, to, accountIds: sorted(accountIds), eventTypes: eventTypes.toSorted() },
    jobIds: jobIds === null ? null : sorted(jobIds),
  });
}

function day(instant: Date): string {
  return instant.toISOString().slice(0, 10).replaceAll('-', '');
}
