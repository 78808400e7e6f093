import { readFileSync } from 'node:fs';
import path from 'node:path';
import { renderSettingsTable } from '../../src/config/settings.ts';

const page = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'configuration.md'), 'utf8');

describe('docs/configuration.md', () => {
  it('shows every setting with the default and the meaning that hold', () => {
    const [, table = ''] = /<!-- settings:begin -->\n\n([^]*?)\n\n<!-- settings:end -->/u.exec(page) ?? [];
    // The formatter pads the cells; their text is what counts.
    expect(cellsOf(table)).toEqual(cellsOf(renderSettingsTable()));
  });
});

function cellsOf(table: string): string[][] {
  return table.split('\n').map((line) => line.split('|').map((cell) => cell.trim().replace(/^-+$/u, '---')));
}
