import { ConfigInvalidError } from '../../errors.ts';
import { queueSchema } from '../queue/open-boss.ts';
import { queueName } from '../queue/task-queue.ts';
import type { Queryable } from '../connection/pool.ts';

/**
 * Checks that the queue's schema is ours, still empty, or not there yet. Changes nothing.
 *
 * @throws {ConfigInvalidError} when another application uses a schema of this name.
 */
export async function assertQueueSchemaIsOurs(database: Queryable): Promise<void> {
  const { rows } = await database.query<{ mayRead: boolean; isEmpty: boolean; hasQueues: boolean }>(
    `select has_schema_privilege(schema.oid, 'usage') as "mayRead",
            not exists (select from pg_class where relnamespace = schema.oid)
              and not exists (select from pg_proc where pronamespace = schema.oid)
              and not exists (select from pg_type where typnamespace = schema.oid) as "isEmpty",
            exists (
              select from pg_class as class join pg_attribute as col on col.attrelid = class.oid
              where class.relnamespace = schema.oid and class.relname = 'queue' and col.attname = 'name'
                and has_table_privilege(class.oid, 'select')) as "hasQueues"
     from pg_namespace as schema where schema.nspname = $1`,
    [queueSchema],
  );
  const [schema] = rows;
  if (schema === undefined || (schema.mayRead && schema.isEmpty)) return;
  if (schema.mayRead && schema.hasQueues && (await hasNoOtherQueue(database))) return;
  throw new ConfigInvalidError(
    `schema ${queueSchema} of this database belongs to another application: rename it, or use another database; nothing was changed`,
    { schema: queueSchema },
  );
}

async function hasNoOtherQueue(database: Queryable): Promise<boolean> {
  const { rowCount } = await database.query(
    'select from sfmc_tracking_queue.queue where name <> $1 limit 1',
    [queueName],
  );
  return rowCount === 0;
}
