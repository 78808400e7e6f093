import { humanDuration, renderTable } from '../../../src/cli/output.ts';

describe('humanDuration', () => {
  it.each([
    [0, '0 s'],
    [59_000, '59 s'],
    [7_800_000, '2 h 10 min'],
    [86_400_000, '1 d'],
    [86_460_000, '1 d'],
    [604_800_000 + 3_600_000, '7 d 1 h'],
  ])('says %d ms as %s', (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });
});

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
