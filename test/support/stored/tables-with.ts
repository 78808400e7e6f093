import type pg from 'pg';

/** The tables of all schemas of ours in which a text occurs. */
export async function tablesWith(pool: pg.Pool, text: string): Promise<string[]> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname in ('tracking', 'pipeline', 'bi', 'sfmc_tracking_queue')`,
  );
  const looks = tables.map(
    ({ name }) => `
      select '${name}' as name where exists (select from ${name} as entry where strpos(entry::text, $1) > 0)`,
  );
  const { rows } = await pool.query<{ name: string }>(looks.join(' union all '), [text]);
  return rows.map(({ name }) => name);
}
