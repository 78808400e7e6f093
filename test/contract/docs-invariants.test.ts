import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..');
const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8');

/** What the page says of each invariant: its number, and the tests it names. */
const invariants = textOf('docs/invariants.md')
  .split(/^### /mu)
  .slice(1)
  .map((section) => ({
    id: section.split(' ')[0] ?? '',
    tests: [...section.matchAll(/^- `(?<file>test\/[^`]+)`: (?<title>.+)$/gmu)].map(({ groups }) => ({
      file: groups?.['file'] ?? '',
      title: groups?.['title'] ?? '',
    })),
  }));

const twelve = Array.from({ length: 12 }, (_, index) => `I${index + 1}`);

describe('docs/invariants.md', () => {
  it('holds the twelve invariants in their order', () => {
    expect(invariants.map(({ id }) => id)).toEqual(twelve);
  });

  it.each(invariants)('names tests that exist for $id', ({ tests }) => {
    expect(tests).not.toEqual([]);
    const missing = tests.filter(({ file, title }) => !isTitleIn(file, title));
    expect(missing).toEqual([]);
  });
});

describe('the guarantees in README.md', () => {
  it.each(twelve)('tell of %s and link a test that the invariant names', (id) => {
    const row = new RegExp(`^\\| ${id} \\|.*\\(([^)]+\\.test\\.ts)\\) \\|$`, 'mu').exec(textOf('README.md'));
    const named = invariants.find((invariant) => invariant.id === id)?.tests.map(({ file }) => file);
    expect(named).toContain(row?.[1]);
  });
});

/** `…` stands for what a title takes from its data. */
function isTitleIn(file: string, title: string): boolean {
  if (!existsSync(path.join(root, file))) return false;
  const source = textOf(file).replaceAll("\\'", "'");
  return title.split('…').every((part) => source.includes(part.trim()));
}
