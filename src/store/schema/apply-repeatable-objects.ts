import { program } from '../../invocation.ts';
import pg from 'pg';
import { ConfigInvalidError } from '../../errors.ts';
import type { Queryable } from '../connection/pool.ts';
import { compareRepeatableObjects, type RepeatableObject } from './repeatable-objects.ts';

interface Grant {
  readonly view: string;
  readonly grantee: string;
  readonly privilege: string;
}

/**
 * Brings the views of the database to the versions in `wanted`; returns the names of those it made.
 *
 * To be called in a transaction. A view is replaced in place where Postgres allows it, so that what others
 * built on it stays. Otherwise it is dropped with those of ours that read it, and all are made again with
 * the rights that roles had on them. `wanted` is in dependency order.
 *
 * @throws {ConfigInvalidError} when a view that is not ours reads one that has to be dropped; it names both.
 */
export async function applyRepeatableObjects(
  tx: Queryable,
  wanted: readonly RepeatableObject[],
): Promise<string[]> {
  const made = new Set<string>();
  const grants: Grant[] = [];
  const { removed } = await compareRepeatableObjects(tx, wanted);
  for (const name of removed) grants.push(...(await dropWithReaders(tx, name)));
  // A drop can take views along that come earlier in the order of the new version: the next pass makes them again.
  let { stale } = await compareRepeatableObjects(tx, wanted);
  for (let pass = 1; stale.length > 0 && pass <= wanted.length; pass += 1) {
    for (const object of stale) {
      grants.push(...(await makeObject(tx, object)));
      made.add(object.name);
    }
    ({ stale } = await compareRepeatableObjects(tx, wanted));
  }
  await grantAgain(tx, grants);
  await dropEmptySchemas(tx, removed);
  return [...made];
}

async function makeObject(tx: Queryable, object: RepeatableObject): Promise<Grant[]> {
  await makeSchema(tx, object.name.split('.')[0] ?? '');
  let grants: Grant[] = [];
  await tx.query('savepoint making');
  try {
    await tx.query(object.sql);
  } catch (error) {
    if (!isOtherShape(error)) throw error;
    await tx.query('rollback to savepoint making');
    grants = await dropWithReaders(tx, object.name);
    await tx.query(object.sql);
  }
  await tx.query('release savepoint making');
  await tx.query(
    `insert into pipeline.repeatable_objects (name, checksum) values ($1, $2)
     on conflict (name) do update set checksum = excluded.checksum, applied_at = now()`,
    [object.name, object.checksum],
  );
  return grants;
}

/** Postgres replaces a view in place only where its columns stay and new ones come last. */
function isOtherShape(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '42P16';
}

async function makeSchema(tx: Queryable, schema: string): Promise<void> {
  const { rowCount } = await tx.query('select from pg_catalog.pg_namespace where nspname = $1', [schema]);
  if (rowCount === 1) return;
  await tx.query(`create schema ${pg.escapeIdentifier(schema)}`);
  await tx.query(
    `comment on schema ${pg.escapeIdentifier(schema)} is 'Source views for the Fivetran dbt package.'`,
  );
}

/** Drops a view and the views of ours that read it; returns the rights that other roles had on them. */
async function dropWithReaders(tx: Queryable, name: string): Promise<Grant[]> {
  const grants: Grant[] = [];
  for (const reader of await readersOf(tx, name)) {
    if (!reader.isOurs) throw foreignReaderError(reader.name, name);
    grants.push(...(await dropWithReaders(tx, reader.name)));
  }
  grants.push(...(await grantsOn(tx, name)));
  await tx.query(`drop view if exists ${quoted(name)}`);
  await tx.query('delete from pipeline.repeatable_objects where name = $1', [name]);
  return grants;
}

async function readersOf(tx: Queryable, name: string): Promise<{ name: string; isOurs: boolean }[]> {
  const { rows } = await tx.query<{ name: string; isOurs: boolean }>(
    `select distinct reader.name,
            exists (select from pipeline.repeatable_objects as ours where ours.name = reader.name) as "isOurs"
     from pg_catalog.pg_depend as link
     join pg_catalog.pg_rewrite as rule on rule.oid = link.objid and link.classid = 'pg_rewrite'::regclass
     join pg_catalog.pg_class as class on class.oid = rule.ev_class
     join pg_catalog.pg_namespace as schema on schema.oid = class.relnamespace
     cross join lateral (select schema.nspname || '.' || class.relname as name) as reader
     where link.refobjid = to_regclass($1) and link.refclassid = 'pg_class'::regclass
       and rule.ev_class <> to_regclass($1)`,
    [name],
  );
  return rows;
}

function foreignReaderError(reader: string, name: string): ConfigInvalidError {
  return new ConfigInvalidError(
    `${reader} reads ${name}, which this version has to make anew: drop ${reader}, run ${program} migrate, create it again`,
    { reader, view: name },
  );
}

async function grantsOn(tx: Queryable, name: string): Promise<Grant[]> {
  const { rows } = await tx.query<Grant>(
    `select $1 as view, privilege_type as privilege,
            case when entry.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(entry.grantee)) end as grantee
     from pg_catalog.pg_class as class, aclexplode(class.relacl) as entry
     where class.oid = to_regclass($1) and entry.grantee <> class.relowner`,
    [name],
  );
  return rows;
}

async function grantAgain(tx: Queryable, grants: readonly Grant[]): Promise<void> {
  for (const { view, grantee, privilege } of grants) {
    const { rows } = await tx.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [
      view,
    ]);
    if (rows[0]?.exists === true) await tx.query(`grant ${privilege} on ${quoted(view)} to ${grantee}`);
  }
}

async function dropEmptySchemas(tx: Queryable, removed: readonly string[]): Promise<void> {
  for (const schema of new Set(removed.map((name) => name.split('.')[0] ?? ''))) {
    const { rowCount } = await tx.query(
      `select from pg_catalog.pg_namespace as schema
       where nspname = $1 and nspname like 'fivetran%'
         and not exists (select from pg_catalog.pg_class where relnamespace = schema.oid)`,
      [schema],
    );
    if (rowCount === 1) await tx.query(`drop schema ${pg.escapeIdentifier(schema)}`);
  }
}

function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => pg.escapeIdentifier(part))
    .join('.');
}
