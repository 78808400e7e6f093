import { randomBytes } from 'node:crypto';
import { personDigest } from '../../columns/people/forgotten-people.ts';
import { inTransaction, type Pool, type Queryable } from '../connection/pool.ts';
import { announceVersion, lockPrivacy } from './privacy-state.ts';

/**
 * Keeps a person out of all that is loaded from the moment this returns, also of pages that were read before; takes the
 * person out of files that are being imported. Returns the rows that left their staging tables.
 *
 * @param subscriberKey as it is stored.
 */
export async function keepOutPerson(pool: Pool, subscriberKey: string): Promise<number> {
  const { version, staged } = await inTransaction(pool, async (tx) => {
    await tx.query('set local lock_timeout = 0');
    await lockPrivacy(tx, 'exclusive');
    const next = await addDigest(tx, subscriberKey);
    return { version: next, staged: await eraseStaged(tx, subscriberKey) };
  });
  await announceVersion(pool, version);
  return staged;
}

/** Returns the version since which the person is kept out; a person who was forgotten before gets a new one. */
async function addDigest(tx: Queryable, subscriberKey: string): Promise<number> {
  const { rows } = await tx.query<{ version: number; digestKey: string }>(
    `update pipeline.privacy
     set version = version + 1, digest_key = coalesce(digest_key, $1), updated_at = now()
     returning version, digest_key as "digestKey"`,
    [randomBytes(digestKeyBytes).toString('hex')],
  );
  const [{ version, digestKey } = { version: 0, digestKey: '' }] = rows;
  await tx.query(
    `insert into pipeline.forgotten_people (digest, version) values (decode($1, 'hex'), $2) on conflict do nothing`,
    [personDigest(digestKey, subscriberKey), version],
  );
  return version;
}

// In hexadecimal one block of SHA-256.
const digestKeyBytes = 32;

/** Staging tables have no index by person: each is read as a whole, while its import waits. */
async function eraseStaged(tx: Queryable, subscriberKey: string): Promise<number> {
  const { rows: tables } = await tx.query<{ name: string; hasFriend: boolean }>(
    `select format('pipeline.%I', class.relname) as name, exists (
              select from pg_catalog.pg_attribute as attribute
              where attribute.attrelid = class.oid and attribute.attname = 'opt_in_subscriber_key') as "hasFriend"
     from pg_catalog.pg_class as class
     where class.relnamespace = 'pipeline'::regnamespace and class.relkind = 'r' and class.relname ~ '^staged_[0-9]+$'`,
  );
  let rows = 0;
  for (const { name, hasFriend } of tables) {
    const friend = hasFriend ? ' or opt_in_subscriber_key = $1' : '';
    const { rowCount } = await tx.query(`delete from ${name} where subscriber_key = $1${friend}`, [
      subscriberKey,
    ]);
    rows += rowCount ?? 0;
  }
  return rows;
}
