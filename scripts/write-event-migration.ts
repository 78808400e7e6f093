// `npm run migration:event -- NAME`: writes the migration that makes the table of an event type, once.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventCatalog, findEventDefinition } from '../src/events/catalog.ts';
import { renderEventMigration } from './event-migration.ts';

const folder = path.join(import.meta.dirname, '..', 'migrations');

/** Migrations run in the order of their names, so the new one comes after all that are there. */
function nextTimestamp(files: readonly string[]): string {
  const latest = files.map((file) => file.slice(0, 14)).reduce((a, b) => (a > b ? a : b), '');
  const now = new Date().toISOString().replace(/\D/gu, '').slice(0, 14);
  return now > latest ? now : String(BigInt(latest) + 1n);
}

function writeMigration(name: string): { line: string; exitCode: 0 | 2 } {
  const definition = findEventDefinition(name);
  if (definition === undefined) {
    const names = eventCatalog.map((known) => known.name).join(', ');
    return { line: `name an event type of src/events/catalog.ts: ${names}`, exitCode: 2 };
  }
  const { table } = definition;
  const files = readdirSync(folder).filter((file) => /^\d{14}_\w+\.ts$/u.test(file));
  const known = files.find((file) =>
    new RegExp(`\\b${table}\\b`, 'u').test(readFileSync(path.join(folder, file), 'utf8')),
  );
  if (known !== undefined)
    return { line: `migrations/${known} makes tracking.${table} already: nothing to write`, exitCode: 0 };

  const file = `${nextTimestamp(files)}_create_${table}.ts`;
  writeFileSync(path.join(folder, file), renderEventMigration(definition), { flag: 'wx' });
  return { line: `wrote migrations/${file}: read it, improve its comments, then freeze it`, exitCode: 0 };
}

const { line, exitCode } = writeMigration(process.argv[2] ?? '');
if (exitCode === 0) console.log(line);
else console.error(`migration:event: ${line}`);
process.exitCode = exitCode;
