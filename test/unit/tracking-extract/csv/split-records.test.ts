import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { splitRecords } from '../../../../src/tracking-extract/csv/split-records.ts';

const options = { delimiter: ',', fieldCount: 3, firstLine: 1, isEnd: true };
const field = fc.string({
  unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r\n', ' ', '\t', '|', '😀'),
  maxLength: 6,
});
const table = fc.array(fc.tuple(field, field, field), { maxLength: 8 });

function written(records: readonly (readonly string[])[], delimiter: string, end: string): string {
  const fieldText = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return records.map((record) => record.map(fieldText).join(delimiter) + end).join('');
}

describe('splitRecords', () => {
  it('reads what was written, and what csv-parse reads, with every delimiter and line end', () => {
    fc.assert(
      fc.property(
        table,
        fc.constantFrom(',', '\t', '|'),
        fc.constantFrom('\n', '\r\n'),
        (records, delimiter, end) => {
          const text = written(records, delimiter, end);
          const split = splitRecords(text, { ...options, delimiter });
          expect(split.damaged).toEqual([]);
          expect(split.records).toEqual(records);
          expect(split.records).toEqual(parse(text, { delimiter, record_delimiter: ['\r\n', '\n'] }));
          expect(split.nextLine).toBe(text.split('\n').length);
        },
      ),
    );
  });

  it('says on which line each record begins', () => {
    const { lines } = splitRecords('a,b,c\n"x\ny",b,c\n\na,b,c\n', options);
    expect(lines).toEqual([1, 2, 5]);
  });

  it.each([
    { name: 'a quote within a field', text: 'a,he said "hi",c\n', fields: ['a', 'he said "hi"', 'c'] },
    { name: 'a field that goes on after its quotes', text: 'a,"b" more,c\n', fields: ['a', '"b" more', 'c'] },
    { name: 'an inch', text: 'a,12",c\n', fields: ['a', '12"', 'c'] },
  ])('takes $name as it stands', ({ text, fields }) => {
    expect(splitRecords(text, options).records).toEqual([fields]);
  });

  it('spoils one line by a quote that is not closed, and reads on', () => {
    const split = splitRecords('1,"a,b\n2,a,b\n3,a,b\n', options);
    expect(split.damaged).toEqual([{ line: 1, text: '1,"a,b', reason: 'a quote is not closed' }]);
    expect(split.records.map(([first]) => first)).toEqual(['2', '3']);
  });

  it('leaves what is no whole record for the next text', () => {
    const text = 'a,b,c\n1,"open\nstill';
    const split = splitRecords(text, { ...options, isEnd: false });
    expect({ records: split.records.length, rest: text.slice(split.rest), nextLine: split.nextLine }).toEqual(
      {
        records: 1,
        rest: '1,"open\nstill',
        nextLine: 2,
      },
    );
  });
});
