import { createHmac } from 'node:crypto';
import { escapeLiteral } from 'pg';
import { createPool } from '../connection/pool.ts';
import { setUpReaderLogins } from './reader-role.ts';

/** The login of BI tools in the embedded Postgres. */
const loginName = 'bi_reader';

/**
 * Makes the login that may only read, if it is not there, and returns its URL; undefined while the schema was never
 * migrated. Its password follows from the owner's, so that it is the same each time and is stored nowhere else.
 */
export async function openReaderLogin(ownerUrl: string, readerRole: string): Promise<string | undefined> {
  const url = new URL(ownerUrl);
  const password = createHmac('sha256', url.password).update(loginName).digest('base64url');
  url.username = loginName;
  url.password = password;
  const pool = createPool({
    databaseUrl: ownerUrl,
    connectionsMax: 1,
    applicationName: 'sfmc-tracking database',
  });
  try {
    const { rows } = await pool.query<{ hasRole: boolean; hasLogin: boolean; role: string }>(
      `select exists (select from pg_roles where rolname = $1) as "hasRole",
              exists (select from pg_roles where rolname = $2) as "hasLogin", quote_ident($1) as role`,
      [readerRole, loginName],
    );
    const { hasRole = false, hasLogin = false, role = '' } = rows[0] ?? {};
    if (!hasRole) return undefined;
    if (!hasLogin) await pool.query(`create role ${loginName}`);
    await pool.query(`alter role ${loginName} login password ${escapeLiteral(password)}`);
    await pool.query(`grant ${role} to ${loginName}`);
    await setUpReaderLogins(pool, readerRole);
    return url.href;
  } finally {
    await pool.end();
  }
}
