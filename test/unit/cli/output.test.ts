import { renderTable } from '../../../src/cli/output.ts';

describe('renderTable', () => {
  it('lines columns up without trailing blanks', () => {
    const columns = [{ title: 'a' }, { title: 'n', align: 'right' as const }];
    expect(
      renderTable(columns, [
        ['long', '1'],
        ['x', '200'],
      ]),
    ).toBe('a       n\nlong    1\nx     200');
  });
});
