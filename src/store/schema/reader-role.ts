import pg from 'pg';
import type { Queryable } from '../connection/pool.ts';

export const defaultReaderRole = 'sfmc_tracking_reader';

/** What a reader's login begins its sessions with; settings of a group role would not reach its members. */
export const readerLoginSettings = {
  search_path: 'bi, tracking, public',
  default_transaction_read_only: 'on',
  statement_timeout: '60s',
} as const;

/**
 * Lets the role read the tables and views for analysts, and nothing else: no partition on its own, so that no rule of a
 * table can be gone round. Creates the role where that is allowed. Returns whether it may read now.
 */
export async function grantReading(client: Queryable, role: string): Promise<boolean> {
  await client.query('begin');
  try {
    await createRole(client, role);
    await grantMissing(client, role);
    if (role !== defaultReaderRole && (await hasRole(client, defaultReaderRole)))
      await revokeAll(client, defaultReaderRole);
    await client.query('commit');
    return true;
  } catch (error) {
    await client.query('rollback');
    if (error instanceof pg.DatabaseError && error.code === notAllowed) return false;
    throw error;
  }
}

/**
 * Gives the settings of a reader's session, in this database, to each login that is a member of the role and has none
 * of its own. Returns the names of those that were changed; a login that may not be changed is left out, and one that is
 * dropped meanwhile.
 */
export async function setUpReaderLogins(client: Queryable, role: string): Promise<string[]> {
  const changed = new Set<string>();
  for (const [setting, value] of Object.entries(readerLoginSettings)) {
    for (const login of await loginsWithout(client, role, setting)) {
      const name = pg.escapeIdentifier(login.name);
      const database = pg.escapeIdentifier(login.database);
      const quoted = setting === 'search_path' ? value : pg.escapeLiteral(value);
      try {
        await client.query(`alter role ${name} in database ${database} set ${setting} = ${quoted}`);
        changed.add(login.name);
      } catch (error) {
        const code = error instanceof pg.DatabaseError ? error.code : undefined;
        if (code !== notAllowed && code !== notThere) throw error;
      }
    }
  }
  return [...changed];
}

/** Whether any login is a member of the role, beside superusers and the role that is connected. */
export async function hasReaderLogin(client: Queryable, role: string): Promise<boolean> {
  const { rowCount } = await client.query(`select ${membersOf} limit 1`, [role]);
  return (rowCount ?? 0) > 0;
}

const notAllowed = '42501';
const notThere = '42704';

const membersOf = `
  from pg_catalog.pg_auth_members as membership
  join pg_catalog.pg_roles as granted on granted.oid = membership.roleid and granted.rolname = $1
  join pg_catalog.pg_roles as login on login.oid = membership.member
    and login.rolcanlogin and not login.rolsuper and login.rolname <> current_user`;

async function loginsWithout(
  client: Queryable,
  role: string,
  setting: string,
): Promise<{ name: string; database: string }[]> {
  const { rows } = await client.query<{ name: string; database: string }>(
    `select login.rolname as name, current_database() as database ${membersOf}
     where not exists (
       select from pg_catalog.pg_db_role_setting as known, unnest(known.setconfig) as entry
       where known.setrole = login.oid and entry like $2
         and known.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database())))
     order by 1`,
    [role, `${setting}=%`],
  );
  return rows;
}

async function createRole(client: Queryable, role: string): Promise<void> {
  if (await hasRole(client, role)) return;
  await client.query('savepoint creating');
  try {
    await client.query(`create role ${pg.escapeIdentifier(role)} nologin`);
  } catch (error) {
    // Another database of this server was first.
    if (!(error instanceof pg.DatabaseError && (error.code === '42710' || error.code === '23505')))
      throw error;
    await client.query('rollback to savepoint creating');
  }
}

async function hasRole(client: Queryable, role: string): Promise<boolean> {
  const { rowCount } = await client.query('select from pg_catalog.pg_roles where rolname = $1', [role]);
  return rowCount === 1;
}

async function grantMissing(client: Queryable, role: string): Promise<void> {
  const name = pg.escapeIdentifier(role);
  const schemas = await namesOf(client, `select quote_ident(nspname) as name ${readSchemas}`, []);
  await client.query(`grant usage on schema ${schemas.join(', ')} to ${name}`);
  const unread = await namesOf(
    client,
    `select quote_ident(nspname) || '.' || quote_ident(relname) as name ${readRelations}
       and not relispartition and not has_table_privilege($1, class.oid, 'select')`,
    [role],
  );
  if (unread.length > 0) await client.query(`grant select on ${unread.join(', ')} to ${name}`);
  const parts = await namesOf(
    client,
    `select quote_ident(nspname) || '.' || quote_ident(relname) as name ${readRelations}
       and relispartition and has_table_privilege($1, class.oid, 'select')`,
    [role],
  );
  if (parts.length > 0) await client.query(`revoke select on ${parts.join(', ')} from ${name}`);
  await client.query(`alter default privileges in schema tracking revoke select on tables from ${name}`);
}

async function revokeAll(client: Queryable, role: string): Promise<void> {
  const name = pg.escapeIdentifier(role);
  const schemas = await namesOf(client, `select quote_ident(nspname) as name ${readSchemas}`, []);
  await client.query(`revoke all on all tables in schema ${schemas.join(', ')} from ${name}`);
  await client.query(`revoke all on schema ${schemas.join(', ')} from ${name}`);
  await client.query(`alter default privileges in schema tracking, bi revoke select on tables from ${name}`);
}

const readSchemas = `
  from pg_catalog.pg_namespace as schema
  where nspname in ('tracking', 'bi', 'fivetran') or nspname ~ '^fivetran_[0-9]+$'`;

const readRelations = `
  from pg_catalog.pg_class as class
  join pg_catalog.pg_namespace as schema on schema.oid = class.relnamespace
  where (nspname in ('tracking', 'bi', 'fivetran') or nspname ~ '^fivetran_[0-9]+$') and relkind in ('r', 'p', 'v')`;

async function namesOf(client: Queryable, query: string, values: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(query, [...values]);
  return rows.map(({ name }) => name);
}
