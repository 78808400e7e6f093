import type { Queryable } from '../connection/pool.ts';

export type SubscriberKeyMode = 'plain' | 'hmac';

/** What the database says of people's keys. */
export interface PrivacyState {
  /** Grows with each person who is forgotten, and with a change of the mode. */
  readonly version: number;
  readonly mode: SubscriberKeyMode;
  /** Says whether a secret is the one that the stored keys were made with; null where none was used. */
  readonly secretCheck: string | null;
  /** Key of the digests; null until a first person is forgotten. */
  readonly digestKey: string | null;
}

export async function readPrivacy(database: Queryable): Promise<PrivacyState> {
  const { rows } = await database.query<PrivacyState>(
    `select privacy.version, settings.subscriber_key_mode as mode, privacy.secret_check as "secretCheck",
            privacy.digest_key as "digestKey"
     from pipeline.privacy, bi.settings`,
  );
  const [state] = rows;
  if (state === undefined) throw new Error('pipeline.privacy has no row');
  return state;
}

/** Digests of the people who were forgotten since a version, in hexadecimal. */
export async function readForgotten(database: Queryable, sinceVersion: number): Promise<string[]> {
  const { rows } = await database.query<{ digest: string }>(
    `select encode(digest, 'hex') as digest from pipeline.forgotten_people where version > $1`,
    [sinceVersion],
  );
  return rows.map(({ digest }) => digest);
}

/**
 * Rows that belong to no task (staged files, replayed records) are written in transactions that hold this lock. A person
 * is forgotten under the exclusive one, so that after it every such transaction sees the new version.
 */
export async function lockPrivacy(tx: Queryable, mode: 'shared' | 'exclusive'): Promise<void> {
  const suffix = mode === 'shared' ? '_shared' : '';
  await tx.query(`select pg_advisory_xact_lock${suffix}(hashtextextended('sfmc-tracking privacy', 0))`);
}

/**
 * From the moment this returns, no page commits that was read with an older version.
 *
 * A page's statement locks its task and reads the version there, so that this waits for those that are being written, and
 * those that come later see it. To be called after the new version was committed: a task that is claimed since then gets
 * it with the claim.
 */
export async function announceVersion(database: Queryable, version: number): Promise<void> {
  await database.query(
    `update pipeline.extract_tasks set privacy_version = $1
     where kind <> 'dimension' and settled_at is null and privacy_version < $1`,
    [version],
  );
}
