import { parseResponse } from '../../../../src/marketing-cloud/response/response-parser.ts';
import { inChunks, retrieved, sentRecord } from './responses.ts';

const properties = ['Client.ID', 'SubscriberKey'];

async function failureOf(body: AsyncIterable<Uint8Array>): Promise<unknown> {
  try {
    await parseResponse(body, { properties, recordsMax: 5000, sink: { append: () => undefined } });
  } catch (error) {
    return error;
  }
  return undefined;
}

const whole = retrieved(sentRecord('a') + sentRecord('b'));

const damaged: readonly [string, string | Uint8Array][] = [
  ['an element that is not closed', whole.replace('</SendID>', '')],
  ['an element closed by another name', whole.replace('</SendID>', '</SentID>')],
  ['a bare ampersand', whole.replace('>a<', '>a & b<')],
  ['an attribute without quotes', whole.replace('xsi:nil="true"', 'xsi:nil=true')],
  ['text after the end', `${whole}more`],
  ['an empty second root element', `${whole}<a/>`],
  ['a second root element', `${whole}${whole.slice(whole.indexOf('<soap:Envelope'))}`],
  ['a document type inside', whole.replace('<soap:Body>', '<!DOCTYPE a><soap:Body>')],
  ['a document type with entities', whole.replace('<soap:Env', '<!DOCTYPE a [<!ENTITY b "c">]><soap:Env')],
  ['elements nested without end', whole.replace('<SendID>', `${'<a>'.repeat(100_000)}<SendID>`)],
  [
    'new elements nested without end',
    whole.replace('<SendID>', Array.from({ length: 99 }, (_, n) => `<a${n}>`).join('')),
  ],
  ['an element name without end', whole.replace('<SendID>', `<${'a'.repeat(300_000)}`)],
  ['an attribute without end', whole.replace('<SendID>', `<SendID a="${'>'.repeat(300_000)}`)],
  ['a comment without end', whole.replace('<SendID>', `<!--${'a > '.repeat(100_000)}`)],
  [
    'an attribute named like a function of objects',
    whole.replace('<SendID>', '<SendID hasOwnProperty="" a="">'),
  ],
  ['a RequestID that cannot be stored', whole.replace('request-1', 'request\u00001')],
  ['more records than a page has', whole.replace('<Results', `${'<Results/>'.repeat(5001)}<Results`)],
  [
    'two overall statuses',
    whole.replace('</OverallStatus>', '</OverallStatus><OverallStatus>Error</OverallStatus>'),
  ],
  ['an entity name without end', whole.replace('>a<', `>&${'a'.repeat(300_000)}`)],
  ['bytes that are not UTF-8', Buffer.concat([Buffer.from(whole.slice(0, 900)), Buffer.from([0xc3, 0x28])])],
];

describe('a damaged answer', () => {
  it.each(damaged)('fails the page and says where: %s', async (_, answer) => {
    for (const cuts of [[], [1000, 1001], Array.from({ length: 40 }, (_, n) => 300 + n * 8000)]) {
      const error = await failureOf(inChunks(answer, ...cuts.filter((cut) => cut < answer.length)));
      expect(error).toMatchObject({ code: 'RESPONSE_MALFORMED' });
      expect(error).toHaveProperty('context.byteOffset', expect.any(Number));
    }
  });

  it('is noticed wherever it is cut off once the envelope has begun', async () => {
    const bytes = Buffer.from(whole);
    for (let end = bytes.indexOf('<soap:Header'); end < bytes.byteLength; end += 7)
      expect(await failureOf(inChunks(bytes.subarray(0, end)))).toMatchObject({ code: 'RESPONSE_MALFORMED' });
  });

  it('quotes nothing of the document in its message', async () => {
    const error = await failureOf(inChunks(whole.replace('</SendID>', '</person@example.com>')));
    expect(String(error)).not.toContain('example.com');
  });
});

describe('an answer in another encoding that it declares', () => {
  const encoded = (name: string) => whole.replace('utf-8', name).replace('>a<', '>é<');
  it.each<[string, Uint8Array]>([
    ['ISO-8859-1', Buffer.from(encoded('ISO-8859-1'), 'latin1')],
    ['UTF-16', Buffer.from(`\ufeff${encoded('utf-16')}`, 'utf16le')],
  ])('is refused by one line that names it: %s', async (name, bytes) => {
    expect(await failureOf(inChunks(bytes))).toMatchObject({
      code: 'REQUEST_INVALID',
      message: `Marketing Cloud responded in ${name}; only UTF-8 can be read`,
    });
  });
});

it('passes on what the receiver of the records throws as it is', async () => {
  const bug = new TypeError('a bug of ours');
  const onRecord = () => {
    throw bug;
  };
  await expect(
    parseResponse(inChunks(whole), { properties, recordsMax: 5000, sink: { append: onRecord } }),
  ).rejects.toBe(bug);
});

describe('an answer that is no SOAP', () => {
  it.each([
    ['an HTML page', '<!DOCTYPE html><html><body>Service Unavailable</body></html>'],
    ['an HTML page without a document type', '<html><body><p>Bad Gateway<br></body></html>'],
    ['plain text', 'upstream connect error'],
    ['JSON', '{"error":"oops"}'],
    ['nothing', ''],
    ['the beginning of an XML declaration', '<?xml ver'],
    ['other XML', '<feed><entry/></feed>'],
  ])('is a failure of the way there, not of the page: %s', async (_, answer) => {
    expect(await failureOf(inChunks(answer))).toMatchObject({ code: 'TRANSPORT_FAILED' });
  });
});

describe('a huge answer', () => {
  async function* flood(
    before: string,
    filler: string,
    pieces: number,
    after: string,
  ): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    yield Buffer.from(before);
    const piece = Buffer.from(filler);
    for (let n = 0; n < pieces; n += 1) yield piece;
    yield Buffer.from(after);
  }
  const [before = '', after = ''] = retrieved(sentRecord('#') + sentRecord('b')).split('#');

  it.each([
    ['text', '', 'x', ''],
    ['CDATA', '<![CDATA[', 'y', ']]>'],
  ])('keeps one field of it within its bound and reads on: %s', async (_, open, character, close) => {
    const seen: { length: number; reason: string | undefined }[] = [];
    const body = flood(before + open, character.repeat(64 * 1024), 200, close + after);
    const { recordCount } = await parseResponse(body, {
      properties,
      recordsMax: 5000,
      sink: {
        append: (values, problem) =>
          void seen.push({ length: values[1]?.length ?? 0, reason: problem?.reason }),
      },
    });
    expect(recordCount).toBe(2);
    expect(seen).toEqual([
      { length: 1024 * 1024, reason: 'longer than 1048576 characters' },
      { length: 1, reason: undefined },
    ]);
  });

  it.each([
    ['an element name', '<', 'a'],
    ['an attribute', '<a b="', 'c>'],
    ['a comment', '<!-- ', 'a >'],
    ['a processing instruction', '<?a ', 'b >'],
    ['an entity name', '&', 'a'],
    ['a document type', '<!DOCTYPE a [', '<!ENTITY b "c">'],
  ])('is given up as soon as its markup passes any sense: %s', async (_, open, filler) => {
    let pieces = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of flood(before + open, filler.repeat(4096), 1000, '')) {
        pieces += 1;
        yield chunk;
      }
    }
    expect(await failureOf(counted())).toMatchObject({ code: 'RESPONSE_MALFORMED' });
    expect(pieces * 4096 * filler.length).toBeLessThan(4 * 64 * 1024);
  });

  it('is refused at the limit of a page, even where its text is not wanted', async () => {
    const filler = `<Other>${'x'.repeat(1024 * 1024)}</Other>`;
    const body = flood(before, `</SubscriberKey>${filler}<SubscriberKey>`, 64, after);
    expect(await failureOf(body)).toMatchObject({ code: 'RESPONSE_MALFORMED' });
  });
});
