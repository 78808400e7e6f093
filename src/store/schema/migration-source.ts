import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Knex } from 'knex';
import { home } from '../../places.ts';

const folder = path.join(home, 'migrations');

function isMigration(value: unknown): value is Knex.Migration {
  return typeof value === 'object' && value !== null && 'up' in value && typeof value.up === 'function';
}

/**
 * The migrations folder, recorded without file extensions: TypeScript in a checkout and JavaScript in
 * `dist/` are one history.
 */
export const migrationSource: Knex.MigrationSource<string> = {
  getMigrations() {
    const files = readdirSync(folder);
    return Promise.resolve(files.filter((file) => /^\d{14}_\w+\.(ts|js)$/u.test(file)).sort());
  },
  getMigrationName: (file) => path.parse(file).name,
  async getMigration(file) {
    const migration: unknown = await import(pathToFileURL(path.join(folder, file)).href);
    if (!isMigration(migration)) throw new Error(`${file} exports no up()`);
    return migration;
  },
};
