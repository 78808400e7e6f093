import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Knex } from 'knex';

const folder = path.join(import.meta.dirname, '..', '..', '..', 'migrations');

function isMigration(value: unknown): value is Knex.Migration {
  return typeof value === 'object' && value !== null && 'up' in value && typeof value.up === 'function';
}

/**
 * The migrations folder, recorded without file extensions: TypeScript in a checkout and JavaScript in
 * `dist/` are one history.
 */
export const migrationSource: Knex.MigrationSource<string> = {
  async getMigrations() {
    const files = await readdir(folder);
    return files.filter((file) => /^\d{14}_\w+\.(ts|js)$/u.test(file)).sort();
  },
  getMigrationName: (file) => path.parse(file).name,
  async getMigration(file) {
    const migration: unknown = await import(pathToFileURL(path.join(folder, file)).href);
    if (!isMigration(migration)) throw new Error(`${file} exports no up()`);
    return migration;
  },
};
