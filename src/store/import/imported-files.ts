import { OwnershipLostError } from '../../errors.ts';
import type { Queryable } from '../connection/pool.ts';
import type { SerialConnection } from '../connection/session.ts';
import { stagingTable } from './staging.ts';

/** A file as this process owns it: writes carry its fence. */
export interface OwnedFile {
  readonly fileId: number;
  readonly fence: number;
  readonly state: 'staging' | 'merging';
  /** Where reading goes on, as it was written; undefined: from the beginning. */
  readonly position: unknown;
  readonly rowsStaged: number;
}

export interface FileToImport {
  readonly fileKey: string;
  readonly name: string;
  readonly eventType: string;
  readonly runId: number;
}

/** Takes a file: one that was interrupted goes on, one that is new or done begins. In a transaction. */
export async function takeFile(tx: Queryable, file: FileToImport): Promise<OwnedFile> {
  const { rows } = await tx.query<{ file_id: number; fence: number; state: string; rows_staged: number }>(
    `insert into pipeline.imported_files as known (file_key, name, event_type, run_id) values ($1, $2, $3, $4)
     on conflict (file_key) do update set name = excluded.name, run_id = excluded.run_id, fence = known.fence + 1,
       updated_at = now()
     returning file_id, fence, state, rows_staged`,
    [file.fileKey, file.name, file.eventType, file.runId],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('no file was taken');
  const { file_id: fileId, fence, rows_staged: rowsStaged } = row;
  const position = row.state === 'done' ? undefined : await readPosition(tx, fileId);
  if (position !== undefined)
    return { fileId, fence, state: row.state === 'merging' ? 'merging' : 'staging', position, rowsStaged };
  await tx.query(
    `update pipeline.imported_files
     set state = 'staging', rows_staged = 0, rows_merged = 0, inserted = 0, rejected = 0, merged_to = null,
         created_at = now(), finished_at = null
     where file_id = $1`,
    [fileId],
  );
  await tx.query('delete from pipeline.staging_positions where file_id = $1', [fileId]);
  return { fileId, fence, state: 'staging', position: undefined, rowsStaged: 0 };
}

/** Undefined where the rows that were read are gone: Postgres crashed, or the file was never read. */
async function readPosition(tx: Queryable, fileId: number): Promise<unknown> {
  const { rows } = await tx.query<{ position: unknown }>(
    `select position from pipeline.staging_positions where file_id = $1 and to_regclass($2) is not null`,
    [fileId, stagingTable(fileId)],
  );
  return rows[0]?.position;
}

export interface StagingProgress {
  readonly position: unknown;
  readonly rows: number;
  readonly rejected: number;
}

/** @throws {OwnershipLostError} when another process took the file; the caller rolls back. */
export async function advanceStaging(
  tx: Queryable,
  file: OwnedFile,
  progress: StagingProgress,
): Promise<void> {
  // What a crash forgets is read again: no commit waits for the disk.
  await tx.query(`set local synchronous_commit = off`);
  await tx.query(
    `insert into pipeline.staging_positions as known (file_id, position, rows) values ($1, $2, $3)
     on conflict (file_id) do update set position = excluded.position, rows = known.rows + excluded.rows`,
    [file.fileId, JSON.stringify(progress.position), progress.rows],
  );
  await change(tx, file, 'rows_staged = rows_staged + $3, rejected = rejected + $4', [
    progress.rows,
    progress.rejected,
  ]);
}

export async function beginMerging(tx: Queryable, file: OwnedFile): Promise<void> {
  await change(tx, file, `state = 'merging'`, []);
}

/** The last group of a slice. */
export interface MergedTo {
  readonly accountId: number;
  readonly second: string;
  readonly groupHash: string;
}

export async function advanceMerging(
  tx: Queryable,
  file: OwnedFile,
  merged: { readonly to: MergedTo; readonly records: number; readonly inserted: number },
): Promise<void> {
  await change(tx, file, 'merged_to = $3, rows_merged = rows_merged + $4, inserted = inserted + $5', [
    JSON.stringify(merged.to),
    merged.records,
    merged.inserted,
  ]);
}

export async function finishFile(tx: Queryable, file: OwnedFile): Promise<void> {
  await change(tx, file, `state = 'done', finished_at = now()`, []);
  await tx.query('delete from pipeline.staging_positions where file_id = $1', [file.fileId]);
}

async function change(
  tx: Queryable,
  { fileId, fence }: OwnedFile,
  set: string,
  values: readonly unknown[],
): Promise<void> {
  const { rowCount } = await tx.query(
    `update pipeline.imported_files set ${set}, updated_at = now() where file_id = $1 and fence = $2`,
    [fileId, fence, ...values],
  );
  if (rowCount !== 1) throw new OwnershipLostError('another process imports the file', { fileId, fence });
}

export interface FileCounts {
  readonly staged: number;
  readonly merged: number;
  readonly inserted: number;
  readonly rejected: number;
  readonly mergedTo: MergedTo | null;
}

export async function readFileCounts(database: Queryable, fileId: number): Promise<FileCounts> {
  const { rows } = await database.query<FileCounts>(
    `select rows_staged as staged, rows_merged as merged, inserted, rejected, merged_to as "mergedTo"
     from pipeline.imported_files where file_id = $1`,
    [fileId],
  );
  return rows[0] ?? { staged: 0, merged: 0, inserted: 0, rejected: 0, mergedTo: null };
}

/** Only one process imports a file: held as long as the session. False where another one has it. */
export async function lockFile(session: SerialConnection, fileKey: string): Promise<boolean> {
  const { rows } = await session.query<{ locked: boolean }>(
    `select pg_try_advisory_lock(hashtextextended('sfmc-tracking import ' || $1, 0)) as locked`,
    [fileKey],
  );
  return rows[0]?.locked === true;
}
