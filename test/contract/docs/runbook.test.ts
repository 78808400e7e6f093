import { readFileSync } from 'node:fs';
import path from 'node:path';
import { errorCodes } from '../../../src/errors.ts';

const page = readFileSync(path.join(import.meta.dirname, '..', '..', '..', 'docs', 'runbook.md'), 'utf8');
const [, codes = ''] = /^## Error codes\n([^]*?)^## /mu.exec(page) ?? [];
const sections = codes.split(/^### /mu).slice(1);

describe('docs/runbook.md', () => {
  it('has one heading per error code, in the order of src/errors.ts', () => {
    expect(sections.map((section) => section.split('\n')[0])).toEqual([...errorCodes]);
  });

  it.each(sections.map((section) => [section.split('\n')[0] ?? '', section]))(
    'says of %s what is seen, what it means and what to do',
    (_, section) => {
      expect(section).toContain('**You see**');
      expect(section).toContain('**It means**');
      expect(section).toContain('**Do**');
    },
  );
});
