import { readFileSync } from 'node:fs';
import path from 'node:path';
import { withSettingsTable } from '../../../scripts/settings-table.ts';

const page = readFileSync(
  path.join(import.meta.dirname, '..', '..', '..', 'docs', 'configuration.md'),
  'utf8',
);

describe('docs/configuration.md', () => {
  it('shows every setting with the default and the meaning that hold (npm run docs:settings writes them)', () => {
    expect(page.split('\n')).toEqual(withSettingsTable(page).split('\n'));
  });
});
