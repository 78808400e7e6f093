import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { home } from '../../places.ts';
import type { Queryable } from '../connection/pool.ts';

/** A view that is made anew when its file changes, unlike a table, which only migrations change. */
interface ObjectVersion {
  /** With its schema: `bi._sent`. */
  readonly name: string;
  readonly checksum: string;
}

export interface RepeatableObject extends ObjectVersion {
  /** The statement that creates or replaces it, and its comments. */
  readonly sql: string;
  /** Names of the others that it reads. */
  readonly needs: readonly string[];
}

const folder = path.join(home, 'src', 'bi');

/**
 * The views for analysts and the source views of the Fivetran package, what others read before those that read it.
 *
 * Files of `fivetran/` are written with the variables `:schema` and `:account_id`. With one account there is one
 * schema, `fivetran`; with several each has its own, because the package joins by ids that are an account's own.
 */
export function readRepeatableObjects(accountIds: readonly number[]): RepeatableObject[] {
  const schemas =
    accountIds.length > 1
      ? accountIds.map((accountId) => ({ schema: `fivetran_${accountId}`, accountId: String(accountId) }))
      : [{ schema: 'fivetran', accountId: 'account_id' }];
  const files = [
    ...sqlFiles('views').map(([name, sql]) => ({ name: `bi.${name}`, sql })),
    ...schemas.flatMap(({ schema, accountId }) =>
      sqlFiles('fivetran').map(([name, sql]) => ({
        name: `${schema}.${name}`,
        sql: sql.replaceAll(':schema', schema).replaceAll(':account_id', accountId),
      })),
    ),
  ];
  return inDependencyOrder(files.map(withComments));
}

/**
 * The views for analysts by their checksums alone: each command looks at these, and what they read is no matter there.
 * They are those of the program that runs, also after its files were replaced.
 */
export function readViewVersions(): readonly ObjectVersion[] {
  versions ??= sqlFiles('views')
    .map(([name, sql]) => withComments({ name: `bi.${name}`, sql }))
    .map(({ name, sql }) => ({ name, checksum: checksumOf(sql) }));
  return versions;
}

let versions: readonly ObjectVersion[] | undefined;

interface ObjectFile {
  readonly name: string;
  readonly sql: string;
}

function withComments({ name, sql }: ObjectFile): ObjectFile {
  return { name, sql: `${sql}${commentsOf(name, sql)}` };
}

/**
 * The comments of a view, from its file: the lines before the statement are about the view, and what follows `--`
 * on the line that names a column, two spaces in, is about the column.
 *
 * @internal exported for its test
 */
export function commentsOf(view: string, sql: string): string {
  const about =
    /^(?:--[^\n]*\n)+/u.exec(sql)?.[0].replaceAll(/^-- ?/gmu, '').trim().replaceAll('\n', ' ') ?? '';
  const columns = Array.from(
    sql.matchAll(/^ {2}(?=[^ -])[^\n]*?"?(\w+)"?,? -- ([^\n]+)$/gmu),
    ([, column = '', text = '']) => comment(`column ${view}.${column}`, text),
  );
  return `\n${[comment(`view ${view}`, about), ...columns].join('\n')}`;
}

function comment(target: string, text: string): string {
  return `comment on ${target} is '${text.replaceAll("'", "''")}';`;
}

/**
 * Derives what each needs from the names in its text; comments and literals do not count.
 *
 * @internal exported for its test
 */
export function inDependencyOrder(files: readonly ObjectFile[]): RepeatableObject[] {
  const names = new Set(files.map(({ name }) => name));
  const objects = new Map(
    files.map(({ name, sql }) => [
      name,
      {
        name,
        sql,
        checksum: checksumOf(sql),
        needs: needsOf(name, sql, names),
      },
    ]),
  );
  const ordered = new Set<RepeatableObject>();
  function visit(name: string, readers: readonly string[]): void {
    const object = objects.get(name);
    if (object === undefined || ordered.has(object)) return;
    if (readers.includes(name)) throw new Error(`views read each other: ${[...readers, name].join(' > ')}`);
    for (const needed of object.needs) visit(needed, [...readers, name]);
    ordered.add(object);
  }
  for (const name of objects.keys()) visit(name, []);
  return [...ordered];
}

/**
 * The objects of `wanted` that the database lacks or has from another version of their file, and the names of
 * those it has and should not.
 */
export async function compareRepeatableObjects<Wanted extends ObjectVersion>(
  database: Queryable,
  wanted: readonly Wanted[],
): Promise<{ stale: Wanted[]; removed: string[] }> {
  const { rows } = await database.query<{ name: string; checksum: string; exists: boolean }>(
    'select name, checksum, to_regclass(name) is not null as exists from pipeline.repeatable_objects',
  );
  const known = new Map(rows.map((row) => [row.name, row.exists ? row.checksum : '']));
  const names = new Set(wanted.map(({ name }) => name));
  return {
    stale: wanted.filter(({ name, checksum }) => known.get(name) !== checksum),
    removed: rows.map(({ name }) => name).filter((name) => !names.has(name)),
  };
}

function sqlFiles(kind: 'views' | 'fivetran'): (readonly [name: string, sql: string])[] {
  return readdirSync(path.join(folder, kind), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => [path.parse(file).name, readFileSync(path.join(folder, kind, file), 'utf8')]);
}

function checksumOf(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}

function needsOf(name: string, sql: string, names: ReadonlySet<string>): string[] {
  const code = sql.replaceAll(/--[^\n]*/gu, '').replaceAll(/'[^']*'/gu, '');
  const mentioned = new Set(Array.from(code.matchAll(/\b\w+\.\w+\b/gu), ([match]) => match));
  return [...mentioned].filter((other) => other !== name && names.has(other));
}
