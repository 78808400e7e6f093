import { ConfigInvalidError } from '../errors.ts';
import {
  type ForgottenPeople,
  forgottenPeople,
  noForgottenPeople,
} from '../columns/people/forgotten-people.ts';
import { createPseudonyms, type Pseudonyms } from '../columns/people/pseudonyms.ts';
import { adoptKeyMode, findConflict } from '../store/privacy/key-mode.ts';
import { lockPrivacy, readForgotten, readPrivacy } from '../store/privacy/privacy-state.ts';
import type { Pool, Queryable } from '../store/connection/pool.ts';

/** Who is kept out of what is loaded, and what stands for the others. */
export interface Privacy {
  /** Undefined where keys are stored as they are sent. */
  readonly pseudonyms: Pseudonyms | undefined;
  /**
   * The people who were forgotten up to a version, or a later one; costs nothing while it is known.
   *
   * @throws {ConfigInvalidError} where the database's mode was changed since this process began.
   */
  forgotten(version: number): Promise<ForgottenPeople>;
}

/**
 * What this process reads people with.
 *
 * @throws {ConfigInvalidError} where the database holds keys that were stored in another way.
 */
export async function openPrivacy(pool: Pool, hmacSecret: string | undefined): Promise<Privacy> {
  const pseudonyms = hmacSecret === undefined ? undefined : createPseudonyms(hmacSecret);
  const ours = {
    mode: pseudonyms === undefined ? 'plain' : 'hmac',
    secretCheck: pseudonyms?.secretCheck ?? null,
  } as const;
  await adoptKeyMode(pool, ours);
  const digests = new Set<string>();
  let people = noForgottenPeople;
  return {
    pseudonyms,
    async forgotten(version) {
      if (people.version >= version) return people;
      const stored = await readPrivacy(pool);
      const conflict = findConflict(stored, ours);
      if (conflict !== undefined) throw new ConfigInvalidError(conflict);
      for (const digest of await readForgotten(pool, people.version)) digests.add(digest);
      people = forgottenPeople(stored.version, stored.digestKey ?? '', digests);
      return people;
    },
  };
}

/** The people who were forgotten, for a transaction that writes rows of no task: no one is added until it ends. */
export async function lockedForgotten(tx: Queryable, privacy: Privacy): Promise<ForgottenPeople> {
  await lockPrivacy(tx, 'shared');
  const { version } = await readPrivacy(tx);
  return await privacy.forgotten(version);
}
