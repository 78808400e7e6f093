import type { Queryable } from '../connection/pool.ts';

/** A file's events of one business unit, as the ledger has them. Only the process that reads the file executes it. */
export interface FileTask {
  readonly runId: number;
  readonly fileId: number;
  readonly accountId: number;
  readonly eventType: string;
}

/** Enters the task, or takes over the open one of an import that was interrupted. It is in no queue. */
export async function openFileTask(database: Queryable, task: FileTask): Promise<void> {
  await database.query(
    `with numbered as (select nextval(pg_get_serial_sequence('pipeline.extract_tasks', 'id')) as id)
     insert into pipeline.extract_tasks
       (id, root_id, run_id, kind, origin, account_id, event_type, state, file_id, started_at)
     overriding system value
     select id, id, $1, 'file', 'import', $2, $3, 'running', $4, now() from numbered
     on conflict (file_id, account_id) where settled_at is null do update set run_id = excluded.run_id, updated_at = now()`,
    [task.runId, task.accountId, task.eventType, task.fileId],
  );
}

export interface FileTaskProgress {
  readonly records: number;
  readonly inserted: number;
  readonly rejected: number;
  readonly isDone: boolean;
}

export async function advanceFileTask(
  tx: Queryable,
  { fileId, accountId }: Pick<FileTask, 'fileId' | 'accountId'>,
  progress: FileTaskProgress,
): Promise<void> {
  await tx.query(
    `update pipeline.extract_tasks
     set pages = pages + 1, records = records + $3, inserted = inserted + $4, rejected = rejected + $5,
         state = case when $6 then 'done' else state end, settled_at = case when $6 then now() end,
         finished_at = case when $6 then now() end, updated_at = now()
     where file_id = $1 and account_id = $2 and settled_at is null`,
    [fileId, accountId, progress.records, progress.inserted, progress.rejected, progress.isDone],
  );
}

/**
 * From the moment this returns, every page of the event type that SOAP brings takes the places of events of files.
 *
 * A page's statement locks its task and reads the flag there, so that this waits for those that are being written, and
 * those that come later see it. A task that is claimed later gets the flag with the claim.
 */
export async function announceFileEvents(
  database: Queryable,
  accountId: number,
  eventType: string,
): Promise<void> {
  await database.query(
    `insert into pipeline.file_event_types (account_id, event_type) values ($1, $2) on conflict do nothing`,
    [accountId, eventType],
  );
  await database.query(
    `update pipeline.extract_tasks set merges_files = true
     where account_id = $1 and event_type = $2 and kind = 'events' and settled_at is null and not merges_files`,
    [accountId, eventType],
  );
}
