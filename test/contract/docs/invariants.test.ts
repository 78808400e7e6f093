import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { titlesOfRunTests } from '../../support/documents/test-titles.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
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

describe('a title', () => {
  it('counts when its test runs', () => {
    const source = `
      it('runs', () => {});
      it.each([1, 2])('runs with %d', () => {});
      describe('a group', () => { it(\`runs in \${place}\`, () => {}); });
      test.each(rows)('runs for $name', () => {});`;
    expect(titlesOfRunTests(source)).toEqual(['runs', 'runs with …', 'runs in …', 'runs for …']);
  });

  it('does not count in a comment, in a string, or where it is skipped', () => {
    const source = `
      // it('is a comment', () => {});
      const text = "it('is a string')";
      it.skip('is skipped', () => {});
      it.todo('is to do');
      xit('is off', () => {});
      it.skip.each([1])('is skipped for %d', () => {});
      describe.skip('a group', () => { it('is in it', () => {}); });`;
    expect(titlesOfRunTests(source)).toEqual([]);
  });
});

/** `…` stands for what a title takes from its data, and at the start for what comes before. */
function isTitleIn(file: string, title: string): boolean {
  return (
    existsSync(path.join(root, file)) && titlesOfRunTests(textOf(file)).some((run) => isSame(title, run))
  );
}

/** Whether the parts of the named title around its `…` stand in the other, in order and with nothing before or after. */
function isSame(named: string, run: string): boolean {
  const [first = '', ...others] = named.split('…').map((part) => part.trim());
  const last = others.at(-1);
  if (last === undefined) return first === run;

  let from = run.startsWith(first) ? first.length : -1;
  for (const part of others) from = from < 0 ? -1 : endOf(part, run, from);
  return from >= 0 && run.endsWith(last);
}

/** Where the first `part` at or after `from` ends; -1 where there is none. */
function endOf(part: string, text: string, from: number): number {
  const at = text.indexOf(part, from);
  return at < 0 ? -1 : at + part.length;
}
