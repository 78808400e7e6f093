import { ConfigInvalidError } from '../../errors.ts';
import { eventCatalog } from '../../events/catalog.ts';
import { inTransaction, type Pool, type Queryable } from '../connection/pool.ts';
import {
  announceVersion,
  lockPrivacy,
  type PrivacyState,
  readPrivacy,
  type SubscriberKeyMode,
} from './privacy-state.ts';

/** How a process stores the keys of people. */
export interface KeyMode {
  readonly mode: SubscriberKeyMode;
  /** Of the secret; null in plain mode. */
  readonly secretCheck: string | null;
}

/**
 * Sees to it that keys are stored as before. While nothing is stored, the mode of this process becomes the database's.
 *
 * @throws {ConfigInvalidError} where rows with other keys are there.
 */
export async function adoptKeyMode(pool: Pool, ours: KeyMode): Promise<void> {
  if (findConflict(await readPrivacy(pool), ours) === undefined) return;
  const version = await inTransaction(pool, async (tx) => {
    await lockPrivacy(tx, 'exclusive');
    const conflict = findConflict(await readPrivacy(tx), ours);
    if (conflict === undefined) return undefined;
    if (await hasKeys(tx)) throw new ConfigInvalidError(conflict);
    await tx.query('update bi.settings set subscriber_key_mode = $1, updated_at = now()', [ours.mode]);
    const { rows } = await tx.query<{ version: number }>(
      `update pipeline.privacy set secret_check = $1, version = version + 1, updated_at = now() returning version`,
      [ours.secretCheck],
    );
    return rows[0]?.version;
  });
  if (version !== undefined) await announceVersion(pool, version);
}

/** Why keys of this process cannot stand beside those that are stored; undefined where they can. */
export function findConflict(stored: PrivacyState, ours: KeyMode): string | undefined {
  if (stored.mode !== ours.mode) {
    const kind = stored.mode === 'plain' ? 'plain subscriber keys' : 'hashed subscriber keys';
    return `SUBSCRIBER_KEY_MODE is ${ours.mode}, but the database holds ${kind}: set it to ${stored.mode}, or begin with an empty database`;
  }
  if (stored.secretCheck === ours.secretCheck) return undefined;
  return 'SUBSCRIBER_KEY_SECRET is not the one that the subscriber keys in the database were hashed with: set that one, or begin with an empty database';
}

/** Whether anything is stored that holds the key of a person, or was made of one. */
async function hasKeys(tx: Queryable): Promise<boolean> {
  const tables = [
    ...eventCatalog.map(({ table }) => `tracking.${table}`),
    ...[
      'tracking.recipients',
      'tracking.extract_details',
      'pipeline.rejected_records',
      'pipeline.forgotten_people',
    ],
    ...['pipeline.frozen_people', 'pipeline.staging_positions'],
  ];
  const { rows } = await tx.query<{ isAny: boolean }>(
    `select ${tables.map((table) => `exists (select from ${table})`).join(' or ')} as "isAny"`,
  );
  return rows[0]?.isAny === true;
}
