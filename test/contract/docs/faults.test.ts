import { readFileSync } from 'node:fs';
import path from 'node:path';
import { faultCases, statusCases, tokenCases } from '../../support/faults/cases.ts';

const docs = path.join(import.meta.dirname, '..', '..', '..', 'docs');

/** Names in the first column of the table under a heading. */
function rowsUnder(page: string, heading: string): string[] {
  const section = page.split(/^##? /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) => line.split('|')[1]?.trim() ?? '');
}

describe('the pages of faults', () => {
  it.each([
    ['faults.md', 'On a page of events, once', faultCases],
    ['faults.md', 'On every first page', faultCases],
    ['faults.md', 'On the list of jobs, once', faultCases],
    ['faults.md', 'On the token, once', tokenCases],
    ['faults.md', 'On every token', tokenCases],
    ['faults.md', 'On GetSystemStatus, once', statusCases],
    ['faults.md', 'On every GetSystemStatus', statusCases],
    ['faults-sfmc-sdk.md', 'The same faults with sfmc-sdk', faultCases],
  ])('have a row for every fault that is tested: %s, %s', (file, heading, cases) => {
    const page = readFileSync(path.join(docs, file), 'utf8');
    expect(rowsUnder(page, heading)).toEqual(cases.map(({ name }) => name));
  });
});
