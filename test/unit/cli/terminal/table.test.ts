import { withoutMarks } from '../../../../src/cli/terminal/marks.ts';
import { renderTable } from '../../../../src/cli/terminal/table.ts';
import { widthOf, wrapped } from '../../../../src/cli/terminal/width.ts';

const columns = [
  { title: 'id', align: 'right' as const, isKey: true },
  { title: 'events', isKey: true },
  { title: 'records', align: 'right' as const },
  { title: 'since', leavesAs: 1 },
  { title: 'reason', wraps: true },
];
const rows = [
  ['7', 'open', '1,200', '2026-07-01', 'the server forgot the request, and the window is read again'],
  ['12', 'forward_opt_in', '3', '–', ''],
];

function tableOf(width?: number): string[] {
  return withoutMarks(renderTable(columns, rows, width)).split('\n');
}

describe('a table', () => {
  it('lines its columns up without trailing blanks', () => {
    expect(tableOf()).toEqual([
      'id  events          records  since       reason',
      ' 7  open              1,200  2026-07-01  the server forgot the request, and the window is read again',
      '12  forward_opt_in        3  –',
    ]);
  });

  it('breaks free text where it is too wide', () => {
    expect(tableOf(72)).toEqual([
      'id  events          records  since       reason',
      ' 7  open              1,200  2026-07-01  the server forgot the request,',
      '                                         and the window is read again',
      '12  forward_opt_in        3  –',
    ]);
  });

  it('lets columns leave where that is not enough', () => {
    expect(tableOf(55)[0]).toBe('id  events          records  reason');
  });

  it('becomes paragraphs where nothing else fits', () => {
    expect(tableOf(40)).toEqual([
      'id 7 · open',
      '  records 1,200',
      '  the server forgot the request, and the',
      '  window is read again',
      'id 12 · forward_opt_in',
      '  records 3',
    ]);
  });

  it.each([20, 30, 40, 60, 80, 120])('is nowhere wider than %d columns', (width) => {
    expect(tableOf(width).filter((line) => widthOf(line) > width)).toEqual([]);
  });
});

describe('text that is broken into lines', () => {
  it('keeps a word whole, so that an address can be copied', () => {
    const url = 'postgres://reader@127.0.0.1:5432/sfmc_tracking';
    expect(wrapped(`Connect to ${url} now`, 20).split('\n')).toEqual(['Connect to', url, 'now']);
  });

  it('goes on where the first line began', () => {
    expect(wrapped('  one two three', 9)).toBe('  one two\n  three');
    expect(wrapped('one two three', 9, '    ')).toBe('one two\n    three');
  });

  it('counts what a terminal shows, not what a string holds', () => {
    expect(['日本', 'é', 'e\u0301', '🎉', 'ab'].map(widthOf)).toEqual([4, 1, 1, 2, 2]);
  });
});
