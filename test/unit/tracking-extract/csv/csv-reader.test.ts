import { isDeepStrictEqual } from 'node:util';
import { readChunks, readForm } from '../../../../src/tracking-extract/csv/csv-reader.ts';

const header = 'SendID,SubscriberKey,URL';
const encodings = {
  'UTF-8': (text: string) => Buffer.from(text),
  'UTF-8 with a mark': (text: string) => Buffer.from(`\ufeff${text}`),
  'UTF-16, little end first': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16, big end first': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  'UTF-16 without a mark': (text: string) => Buffer.from(text, 'utf16le'),
};

/** Pieces of an odd size, so that characters and lines are cut anywhere. */
function opener(bytes: Buffer) {
  return async function* (offset: number) {
    for (let at = offset; at < bytes.length; at += 65_537) {
      await Promise.resolve();
      yield bytes.subarray(at, at + 65_537);
    }
  };
}

async function readAll(bytes: Buffer) {
  const open = opener(bytes);
  const form = await readForm('test', open);
  if (form === undefined) throw new Error('empty');
  const chunks = [];
  for await (const chunk of readChunks('test', form, open, form.start)) chunks.push(chunk);
  return { form, open, chunks };
}

const records = Array.from({ length: 30_000 }, (_, index) => [
  String(index),
  `persön-${index}`,
  `a\n"b" ${index} 😀`,
]);
const text = records
  .map(([id, key, url = '']) => `${id ?? ''},${key ?? ''},"${url.replaceAll('"', '""')}"\r\n`)
  .join('');

/** jest takes several times as long to compare, and says what differs. */
function expectRecords(read: readonly (readonly string[])[]): void {
  if (!isDeepStrictEqual(read, records)) expect(read).toEqual(records);
}

describe.each(Object.entries(encodings))('a file in %s', (_, encode) => {
  it('is read whole, in chunks, and from the end of each chunk to the same end', async () => {
    const { form, open, chunks } = await readAll(encode(`${header}\r\n${text}`));
    expect(form.header).toEqual(header.split(','));
    expect(chunks.length).toBeGreaterThan(1);
    expectRecords(chunks.flatMap((chunk) => chunk.records));
    const [first] = chunks;
    if (first === undefined) throw new Error('no chunk');
    const rest = [];
    for await (const chunk of readChunks('test', form, open, first.next)) rest.push(...chunk.records);
    expectRecords([...first.records, ...rest]);
    expect(chunks.at(-1)?.next.line).toBe(2 * records.length + 2);
  });
});

describe('bytes that are no UTF-8', () => {
  it('spoil their line alone', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${header}\n1,a,b\n2,`),
      Buffer.from([0xe9]),
      Buffer.from(',b\n3,ä,c\n'),
    ]);
    const { chunks } = await readAll(bytes);
    expect(chunks[0]?.records.map(([id]) => id)).toEqual(['1', '3']);
    expect(chunks[0]?.damaged).toMatchObject([{ line: 3, reason: 'it holds bytes that are not UTF-8' }]);
  });
});

describe('a first line', () => {
  it.each([
    { delimiter: ',', line: 'A,B,C' },
    { delimiter: '\t', line: 'A\tB\tC' },
    { delimiter: '|', line: '"A"|"B"|"C"' },
  ])('tells the delimiter: %j', async ({ delimiter, line }) => {
    const form = await readForm('test', opener(Buffer.from(line)));
    expect({ delimiter: form?.delimiter, header: form?.header }).toEqual({
      delimiter,
      header: ['A', 'B', 'C'],
    });
  });

  it('is missing in an empty file', async () => {
    expect(await readForm('test', opener(Buffer.alloc(0)))).toBeUndefined();
  });
});
