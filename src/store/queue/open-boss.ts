import { PgBoss } from 'pg-boss';
import { createPool } from '../connection/pool.ts';

/** The queue's own schema. SQL that reads it spells the name out. */
export const queueSchema = 'sfmc_tracking_queue';

/**
 * No task waits in the queue for others, but pg-boss looks for such at each start and, if not told otherwise, every five
 * seconds: once a day is the same.
 */
const flowIntervalSeconds = 24 * 60 * 60;

export interface OpenBoss {
  readonly boss: PgBoss;
  readonly close: () => Promise<void>;
}

/**
 * Starts pg-boss on connections of ours, so that its sessions have our settings.
 *
 * Its commits do not wait for the disk: the ledger knows all that the queue could lose if Postgres crashes.
 *
 * @throws when its schema is missing or of another version, unless it may install it.
 */
export async function openBoss(
  databaseUrl: string,
  { mayInstall }: { mayInstall: boolean },
): Promise<OpenBoss> {
  const pool = createPool({
    databaseUrl,
    // Each call is one short statement.
    connectionsMax: 2,
    applicationName: 'sfmc-tracking queue',
    settings: 'set synchronous_commit = off;',
  });
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values) },
    schema: queueSchema,
    schedule: false,
    supervise: !mayInstall,
    flowIntervalSeconds,
    migrate: mayInstall,
    createSchema: mayInstall,
  });
  // Failures of pg-boss's own maintenance, which it repeats by itself.
  boss.on('error', () => undefined);
  try {
    await boss.start();
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    boss,
    close: async () => {
      await boss.stop({ graceful: false, timeout: 1000 });
      await pool.end();
    },
  };
}
