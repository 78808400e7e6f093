import type { Unreadable } from '../../../../src/columns/page-builder.ts';
import {
  type ParsedResponse,
  parseResponse,
} from '../../../../src/marketing-cloud/response/response-parser.ts';
import { envelope, fault, inChunks, retrieved, sentRecord, systemStatus } from './responses.ts';

const properties = ['Client.ID', 'SendID', 'SubscriberKey', 'ListID', 'List.ID'];

interface Read {
  readonly parsed: ParsedResponse;
  readonly records: (string | null)[][];
  readonly unreadable: (Unreadable | undefined)[];
}

async function read(body: AsyncIterable<Uint8Array>, wanted: readonly string[] = properties): Promise<Read> {
  const records: (string | null)[][] = [];
  const unreadable: Read['unreadable'] = [];
  const parsed = await parseResponse(body, {
    properties: wanted,
    recordsMax: 5000,
    sink: {
      append: (values, problem) => {
        records.push([...values]);
        unreadable.push(problem);
      },
    },
  });
  return { parsed, records, unreadable };
}

const results = (fields: string): string => retrieved(`<Results xsi:type="SentEvent">${fields}</Results>`);
const key = (text: string): string => results(`<SubscriberKey>${text}</SubscriberKey>`);

const fields: readonly { name: string; xml: string; expect: (string | null)[] }[] = [
  {
    name: 'takes nested sub-objects by their path',
    xml: results('<Client><ID>7</ID></Client><List><PartnerKey xsi:nil="true"/><ID>8</ID></List><ID>9</ID>'),
    expect: ['7', null, null, null, '8'],
  },
  {
    name: 'finds a property among PartnerProperties, dotted or not',
    xml: results(
      '<PartnerProperties><Name>ListID</Name><Value>5</Value></PartnerProperties>' +
        '<PartnerProperties><Value>6</Value><Name>List.ID</Name></PartnerProperties>' +
        '<PartnerProperties><Name>Other</Name><Value>7</Value></PartnerProperties>',
    ),
    expect: [null, null, null, '5', '6'],
  },
  {
    name: 'prefers the element to the PartnerProperty, whichever comes first',
    xml: results(
      '<PartnerProperties><Name>ListID</Name><Value>5</Value></PartnerProperties><ListID>1</ListID><SendID>2</SendID>' +
        '<PartnerProperties><Name>SendID</Name><Value>6</Value></PartnerProperties>',
    ),
    expect: [null, '2', null, '1', null],
  },
  {
    name: 'falls back to the PartnerProperty when the element is nil',
    xml: results(
      '<PartnerProperties><Name>ListID</Name><Value>5</Value></PartnerProperties><ListID xsi:nil="true"/>',
    ),
    expect: [null, null, null, '5', null],
  },
  {
    name: 'reads nil as null under any prefix and spelling',
    xml: results(
      '<SendID xsi:nil="true"/><SubscriberKey i:nil="1"></SubscriberKey><ListID nil="false">3</ListID>',
    ),
    expect: [null, null, null, '3', null],
  },
  {
    name: 'keeps an empty element apart from an absent one',
    xml: key(''),
    expect: [null, null, '', null, null],
  },
  {
    name: 'keeps text as sent: blanks, zeros, long numbers, emoji, line breaks',
    xml: key('  0012\n1e5\t12345678901234567890 🙂é '),
    expect: [null, null, '  0012\n1e5\t12345678901234567890 🙂é ', null, null],
  },
  {
    name: 'decodes the five entities and character references',
    xml: key('&amp;&lt;&gt;&quot;&apos;&#65;&#x1F642;&#13;&amp;amp;'),
    expect: [null, null, '&<>"\'A🙂\r&amp;', null, null],
  },
  {
    name: 'reads a pair of references to both halves of a surrogate pair as the character',
    xml: key('ana&#55357;&#56832;&#xD83D;&#xDE00;'),
    expect: [null, null, 'ana😀😀', null, null],
  },
  {
    name: 'reads through CDATA, comments and processing instructions',
    xml: key('a<![CDATA[<b>&amp;]]]>c<!-- > d -->e<?f g > h?>i'),
    expect: [null, null, 'a<b>&amp;]cei', null, null],
  },
  {
    name: 'passes over what was not asked for, however deep, even under the same names',
    xml: results('<Other><SendID>1</SendID><Client><ID>2</ID></Client></Other><SendID>3</SendID>'),
    expect: [null, '3', null, null, null],
  },
  {
    name: 'reads any namespace prefix',
    xml: '<e:Envelope><e:Body><p:RetrieveResponseMsg><p:OverallStatus>OK</p:OverallStatus><p:RequestID>r</p:RequestID><p:Results><p:Client><q:ID>4</q:ID></p:Client></p:Results></p:RetrieveResponseMsg></e:Body></e:Envelope>',
    expect: ['4', null, null, null, null],
  },
];

describe('a record', () => {
  it.each(fields)('$name', async ({ xml, expect: expected }) => {
    const { records, unreadable } = await read(inChunks(xml));
    expect({ records, unreadable }).toEqual({ records: [expected], unreadable: [undefined] });
  });

  it.each(fields)('is the same wherever the network cuts it: $name', async ({ xml, expect: expected }) => {
    const bytes = Buffer.from(xml);
    const end = bytes.indexOf('RetrieveResponseMsg>', bytes.indexOf('Results'));
    for (let cut = bytes.indexOf('OverallStatus'); cut < end; cut += 1)
      expect((await read(inChunks(bytes, cut, cut + 1))).records).toEqual([expected]);
  });

  it('is the same when every byte arrives alone', async () => {
    const bytes = Buffer.from(
      retrieved(fields.map(({ xml }) => /<Results.*<\/Results>/s.exec(xml)?.[0] ?? '').join('')),
    );
    const whole = await read(inChunks(bytes));
    expect(whole.parsed.recordCount).toBe(fields.length - 1); // the last one has prefixes of its own
    expect(await read(inChunks(bytes, ...bytes.keys()))).toEqual(whole);
  });

  it('does not inherit values from the record before it', async () => {
    const { records } = await read(inChunks(retrieved(`${sentRecord('a')}<Results></Results><Results/>`)));
    const none = [null, null, null, null, null];
    expect(records).toEqual([['7000001', '1543790', 'a', '321', null], none, none]);
  });
});

const unreadableTexts: readonly [string, string][] = [
  ['&#0;', 'reference'],
  ['&#x1;', 'reference'],
  ['&#xFFFFFFFF;', 'reference'],
  ['&#xD83D;', 'reference'],
  ['&nbsp;', 'reference'],
  ['\u0001', 'character'],
  ['\u0000', 'character'],
  ['\uFFFE', 'character'],
];

describe('a character that XML forbids', () => {
  it.each(unreadableTexts)('makes one record unreadable, naming the property: %j', async (text, reason) => {
    const page = retrieved(sentRecord('a') + sentRecord(`b${text}c`) + sentRecord('d'));
    const { records, unreadable, parsed } = await read(inChunks(page));
    expect(records.map((values) => values[2]?.charAt(0))).toEqual(['a', 'b', 'd']);
    expect(unreadable).toMatchObject([undefined, { property: 'SubscriberKey' }, undefined]);
    expect(unreadable[1]?.reason).toContain(reason);
    expect(parsed.recordCount).toBe(3);
  });

  it('is found in a PartnerProperty that is wanted, and overlooked in what is not', async () => {
    const partner = (name: string): string =>
      results(
        `<PartnerProperties><Name>${name}</Name><Value>&#1;</Value></PartnerProperties><URL>\u0001&#2;</URL>`,
      );
    expect((await read(inChunks(partner('ListID')))).unreadable).toMatchObject([{ property: 'ListID' }]);
    expect((await read(inChunks(partner('Other')))).unreadable).toEqual([undefined]);
  });

  it('never reaches a value as readable when it came in an earlier chunk than the end of the field', async () => {
    const page = Buffer.from(key('a\u0001bcdef'));
    const { unreadable } = await read(inChunks(page, page.indexOf('def')));
    expect(unreadable).toMatchObject([{ property: 'SubscriberKey' }]);
  });
});

describe('what stands around the records', () => {
  it('is collected in whatever order it comes', async () => {
    const late = envelope(
      `<RetrieveResponseMsg>${sentRecord('a')}<RequestID> r-9 </RequestID><OverallStatus>\n MoreDataAvailable </OverallStatus></RetrieveResponseMsg>`,
    );
    const { parsed } = await read(inChunks(late));
    expect(parsed).toMatchObject({ overallStatus: 'MoreDataAvailable', requestId: 'r-9', recordCount: 1 });
    expect(parsed.serverTime).toEqual(new Date('2024-03-10T08:00:00Z'));
    expect(parsed.bytes).toBe(Buffer.byteLength(late));
  });

  it('holds a SOAP 1.1 fault with its apifault', async () => {
    const { parsed } = await read(inChunks(fault('soap:Server', 'Rate Limited', 17)));
    expect(parsed.fault).toEqual({
      code: 'Server',
      text: 'Rate Limited',
      detailCode: 17,
      detailMessage: 'Rate Limited',
    });
  });

  it('holds a SOAP 1.2 fault', async () => {
    const { parsed } = await read(
      inChunks(
        envelope(
          '<Fault><Code><Value>s:Sender</Value></Code><Reason><Text>Token Expired</Text></Reason></Fault>',
        ),
      ),
    );
    expect(parsed.fault).toMatchObject({ code: 'Sender', text: 'Token Expired' });
  });

  it('holds every system status', async () => {
    const { parsed } = await read(inChunks(systemStatus('OK', 'InMaintenance')));
    expect(parsed).toMatchObject({ systemStatuses: ['OK', 'InMaintenance'], recordCount: 0 });
  });
});

describe('the digest', () => {
  const page = (from: number): string =>
    Array.from({ length: 900 }, (_, n) => sentRecord(`sub-${from + n}`)).join('');

  it('is equal for equal records under another RequestID, however they were cut', async () => {
    const first = await read(inChunks(retrieved(page(1000), 'MoreDataAvailable', 'one')));
    const second = await read(
      inChunks(retrieved(page(1000), 'MoreDataAvailable', 'number two'), 600, 9000, 70001),
    );
    expect(second.parsed.digest).toBe(first.parsed.digest);
  });

  it('differs for other records of the same length', async () => {
    const first = await read(inChunks(retrieved(page(1000))));
    const second = await read(inChunks(retrieved(page(2000))));
    expect(second.parsed.digest).not.toBe(first.parsed.digest);
  });
});
