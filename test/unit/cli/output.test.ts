import { printableText } from '../../../src/printable.ts';
import { printJson, printLines, renderTable } from '../../../src/cli/output.ts';

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

describe('what a command prints', () => {
  const hostile = 'fault \u001b]8;;http://evil\u0007\u009b2J\u202e';

  it('obeys nobody but us', () => {
    let printed = '';
    const output = { write: (text: string) => (printed += text) };
    printLines(output, [hostile, renderTable([{ title: 'reason' }], [[`${hostile}\nnext`]])]);
    expect(printed).toBe(printableText(printed));
    expect(printed.split('\n')).toHaveLength(4);
  });

  it('is JSON of the same value', () => {
    let printed = '';
    printJson({ write: (text: string) => (printed += text) }, { hostile });
    expect(printed).not.toMatch(/[\u009b\u202e]/u);
    expect(JSON.parse(printed)).toEqual({ hostile });
  });
});
