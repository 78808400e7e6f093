import { inTransaction, type Pool } from '../connection/pool.ts';
import { dropStaging } from './staging.ts';

/**
 * Drops the staging tables of imports that did not go on for a time; the same import begins from the start of its file
 * then. One that a process is executing is left. Returns the number of tables.
 */
export async function dropAbandonedStaging(pool: Pool, olderThanMs: number): Promise<number> {
  const { rows } = await pool.query<{ fileId: number; fileKey: string }>(
    `select file_id as "fileId", file_key as "fileKey" from pipeline.imported_files
     where state <> 'done' and updated_at < now() - make_interval(secs => $1)
       and to_regclass('pipeline.staged_' || file_id) is not null
     order by file_id`,
    [olderThanMs / 1000],
  );
  let dropped = 0;
  for (const file of rows) if (await dropWhereFree(pool, file)) dropped += 1;
  return dropped;
}

/** Under the lock that an import holds as long as it lasts (`lockFile`). */
function dropWhereFree(pool: Pool, file: { fileId: number; fileKey: string }): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ isLocked: boolean }>(
      `select pg_try_advisory_xact_lock(hashtextextended('sfmc-tracking import ' || $1, 0)) as "isLocked"`,
      [file.fileKey],
    );
    if (rows[0]?.isLocked !== true) return false;
    await dropStaging(tx, file.fileId);
    await tx.query('delete from pipeline.staging_positions where file_id = $1', [file.fileId]);
    return true;
  });
}
