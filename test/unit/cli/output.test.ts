import { printableText } from '../../../src/printable.ts';
import { printJson, printJsonList, printLines } from '../../../src/cli/output.ts';
import { marked } from '../../../src/cli/terminal/marks.ts';
import { renderTable } from '../../../src/cli/terminal/table.ts';

describe('what a command prints', () => {
  const hostile = 'fault \u001b]8;;http://evil\u0007\u009b2J\u202e';

  it('obeys nobody but us', () => {
    let printed = '';
    const output = { write: (text: string) => (printed += text) };
    printLines(output, [hostile, renderTable([{ title: 'reason' }], [[`${hostile}\nnext`]])]);
    expect(printed).toBe(printableText(printed));
    expect(printed.split('\n')).toHaveLength(4);
  });

  it('has colors on a terminal that has them, and nowhere else', () => {
    const printed: string[] = [];
    const write = (text: string) => printed.push(text);
    const line = marked('bad', 'no');
    printLines({ write, isTTY: true, isColored: true }, [line]);
    printLines({ write, isTTY: true, isColored: false }, [line]);
    printLines({ write }, [line]);
    expect(printed).toEqual(['\u001b[31mno\u001b[0m\n', 'no\n', 'no\n']);
  });

  it('is a list in one object, written as it is read', async () => {
    const pieces: string[] = [];
    await printJsonList({ write: (text) => pieces.push(text) }, 'items', async (take) => {
      await take([{ hostile }, 2]);
      await take([3]);
    });
    expect(JSON.parse(pieces.join(''))).toEqual({ items: [{ hostile }, 2, 3] });
    expect(pieces.filter((piece) => piece.includes('2') && piece.includes('3'))).toEqual([]);
    expect(pieces.join('')).not.toMatch(/[\u009b\u202e]/u);
  });

  it('is an empty list where nothing is read', async () => {
    let printed = '';
    await printJsonList({ write: (text) => (printed += text) }, 'items', () => Promise.resolve());
    expect(printed).toBe('{"items":[]}\n');
  });

  it('is JSON of the same value', () => {
    let printed = '';
    printJson({ write: (text: string) => (printed += text) }, { hostile });
    expect(printed).not.toMatch(/[\u009b\u202e]/u);
    expect(JSON.parse(printed)).toEqual({ hostile });
  });
});
