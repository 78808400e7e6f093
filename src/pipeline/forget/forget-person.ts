import { type Erased, erasePerson } from '../../bi/erase-person.ts';
import { accountsWithEvents, refreshRollups } from '../../bi/refresh.ts';
import type { Pool } from '../../store/connection/pool.ts';
import { deleteRejected } from '../../store/load/rejected-records.ts';
import { keepOutPerson } from '../../store/privacy/keep-out-person.ts';
import { eraseDetails, findRejectedWith } from '../../store/privacy/other-tables.ts';
import type { Privacy } from '../privacy.ts';
import { formsOf, namesPerson } from './names-person.ts';

/**
 * Erases a person from every table, of all business units, and keeps the person out of all that is loaded later. Returns
 * the erased rows by table. Interrupted or killed anywhere, the same call goes on.
 *
 * The order makes it complete: from the first step on nothing of the person is written, so that the rollups, once they are
 * up to date, name every event there is.
 */
export async function forgetPerson(pool: Pool, sentKey: string, { pseudonyms }: Privacy): Promise<Erased> {
  const subscriberKey = pseudonyms?.keyOf(sentKey) ?? sentKey;
  const staged = await keepOutPerson(pool, subscriberKey);
  await refreshRollups(pool, { waits: true });
  const erased: Erased = new Map();
  for (const accountId of await accountsWithEvents(pool)) {
    for (const [table, rows] of await erasePerson(pool, { accountId, subscriberKey }))
      erased.set(table, (erased.get(table) ?? 0) + rows);
  }
  // Jobs that the person's share says too little of.
  await refreshRollups(pool, { waits: true });
  erased.set('tracking.extract_details', await eraseDetails(pool, subscriberKey));
  erased.set('pipeline.rejected_records', await eraseRejected(pool, subscriberKey));
  erased.set('staged rows of imports', staged);
  return erased;
}

async function eraseRejected(pool: Pool, subscriberKey: string): Promise<number> {
  const candidates = await findRejectedWith(pool, formsOf(subscriberKey));
  const ids = candidates.filter((kept) => namesPerson(kept, subscriberKey)).map(({ id }) => id);
  await deleteRejected(pool, ids);
  return ids.length;
}
