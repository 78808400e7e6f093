/** Tasks of a sync are urgent; the others take a slot only where no urgent task of the account waits for one. */
export type Urgency = 'urgent' | 'low';

// A process in which an urgent task waits shares an advisory lock, which ends with its connection; who can have that lock
// alone knows that none waits in another process.
export const announceUrgent = 'select pg_try_advisory_lock_shared(hashtextextended($1, 0)) as "isDone"';
export const withdrawUrgent = 'select pg_advisory_unlock_shared(hashtextextended($1, 0)) as "isDone"';

/** True where no urgent task waits in another process. */
export const lookForUrgent = `
  select case when pg_try_advisory_lock(hashtextextended($1, 0)) then pg_advisory_unlock(hashtextextended($1, 0))
         end as "isDone"`;

/** The text whose hash is the number of the lock. */
export function urgentKey(accountId: number): string {
  return `sfmc-tracking urgent ${accountId}`;
}
