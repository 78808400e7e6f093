// `npm run docs:settings`: writes the table of settings into docs/configuration.md.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withSettingsTable } from './settings-table.ts';

const file = path.join(import.meta.dirname, '..', 'docs', 'configuration.md');

writeFileSync(file, withSettingsTable(readFileSync(file, 'utf8')));
