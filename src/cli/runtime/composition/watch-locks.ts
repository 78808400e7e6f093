import type { Config } from '../../../config/config.ts';
import type { Logger } from '../../../logger.ts';
import type { RunAccount } from '../../../pipeline/run.ts';
import { findForeignSlotHolders, holderText } from '../../../store/connection/lock-holders.ts';
import type { Pool } from '../../../store/connection/pool.ts';

/** How often a process looks for sessions that keep its slots from it. */
const lockWatchMs = 10_000;

/** Says now and then which sessions that are none of ours hold slots of the accounts. Returns how to end that. */
export function watchLocks(
  pool: Pool,
  accounts: readonly RunAccount[],
  { concurrencyPerAccount }: Config,
  logger: Logger,
): () => Promise<void> {
  const accountIds = accounts.map(({ accountId }) => accountId);
  const look = async (): Promise<void> => {
    for (const holder of await findForeignSlotHolders(pool, accountIds, concurrencyPerAccount))
      logger.warn({ ...holder, advice: holderText(holder) }, 'another session holds slots of an account');
  };
  const timer = setInterval(() => void look().catch(() => undefined), lockWatchMs);
  return () => {
    clearInterval(timer);
    return Promise.resolve();
  };
}
