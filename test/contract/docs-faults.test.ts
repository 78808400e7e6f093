import { readFileSync } from 'node:fs';
import path from 'node:path';
import { faultCases, statusCases, tokenCases } from '../support/fault-cases.ts';

const page = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'faults.md'), 'utf8');

/** Names in the first column of the tables under a heading. */
function rowsUnder(heading: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) => line.split('|')[1]?.trim() ?? '');
}

describe('the page of faults', () => {
  it.each([
    ['On a page of events, once', faultCases],
    ['On every first page, for as long as it lasts', faultCases],
    ['On the list of jobs, once', faultCases],
    ['On the token, once', tokenCases],
    ['On the token, for as long as it lasts', tokenCases],
    ['On GetSystemStatus, once', statusCases],
    ['On GetSystemStatus, for as long as it lasts', statusCases],
  ])('has a row for every fault that is tested: %s', (heading, cases) => {
    expect(rowsUnder(heading)).toEqual(cases.map(({ name }) => name));
  });
});
