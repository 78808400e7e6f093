import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { valueAt } from '../../../support/stored/column-values.ts';
import { createColumnPage } from '../../../../src/columns/page.ts';
import { eventCatalog } from '../../../../src/events/catalog.ts';
import { type EventDefinition, requestedProperties } from '../../../../src/events/define-event.ts';
import { parseResponse } from '../../../../src/marketing-cloud/response/response-parser.ts';
import { inChunks, retrieved } from './responses.ts';

// Records that are taken from their bytes are held to what sax makes of the same response: rows, rejected records,
// bounds, header and errors. More on demand: RECORD_BYTES_RUNS=20000, and RECORD_BYTES_SEED to see a failure again.
const numRuns = Number(process.env['RECORD_BYTES_RUNS'] ?? 600);
const seed = Number(process.env['RECORD_BYTES_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const accountId = 7000001;

interface Reading {
  readonly outcome: unknown;
  /** Records that were taken from their bytes. */
  readonly taken: number;
}

async function readPage(
  definition: EventDefinition,
  chunks: AsyncIterable<Uint8Array>,
  { fromBytes }: { readonly fromBytes: boolean },
): Promise<Reading> {
  const page = createColumnPage(definition, { accountId, jobId: 42, eventsFromMicros: oldestMicros });
  let taken = 0;
  const append = page.append.bind(page);
  const sink = {
    append,
    appendBytes(bytes: Uint8Array, places: Int32Array) {
      const isTaken = page.appendBytes(bytes, places);
      if (isTaken) taken += 1;
      return isTaken;
    },
  };
  const options = { properties: requestedProperties(definition), recordsMax: 60 };
  try {
    const parsed = await parseResponse(chunks, { ...options, sink: fromBytes ? sink : { append } });
    const { columns, ...facts } = page.finish();
    const rows = Array.from({ length: facts.rowCount }, (_, row) =>
      [...columns.values()].map((column) => valueAt(column, row)),
    );
    return { outcome: { parsed, facts, rows }, taken };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    // Of two damages either may be met first, so the text of the error is not compared.
    return { outcome: { code: error.code }, taken };
  }
}

async function expectSame(
  definition: EventDefinition,
  bytes: Buffer,
  cuts: readonly number[],
): Promise<number> {
  const ends = cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b);
  const slowly = await readPage(definition, inChunks(bytes, ...ends), { fromBytes: false });
  const quickly = await readPage(definition, inChunks(bytes, ...ends), { fromBytes: true });
  if (!isDeepStrictEqual(quickly.outcome, slowly.outcome)) expect(quickly.outcome).toEqual(slowly.outcome);
  return quickly.taken;
}

const oldestMicros = Date.UTC(2020, 0, 1) * 1000;

// What stands in a field: mostly what its kind usually holds, at times anything.
const anyText = fc.constantFrom(
  ...[
    '',
    ' ',
    '\n',
    '  007 ',
    'é',
    '🙂',
    'a&amp;b&lt;&gt;',
    '&quot;&apos;',
    ']]>',
    '>',
    '"',
    '&#65;',
    '&#0;',
  ],
  ...['&nbsp;', '&', '&amp', 'a\u0001b', 'a\u007fb', '\uFFFD', '\uFFFE', '\uE000', '\r\n', '<!-- - -->'],
  ...['<![CDATA[</Results>]]>', '<![CDATA[x]]>', '<?x y?>', '<x/>', '<x>1</x>', '</Results>', '<Results>'],
  'x'.repeat(70_000),
);
/** Of all there are. fast-check's own strings of them make a table of a million entries first. */
const anyCharacters = fc
  .array(fc.integer({ min: 0, max: 0x10_ffff - 0x800 }), { maxLength: 10 })
  .map((points) => String.fromCodePoint(...points.map((at) => (at < 0xd800 ? at : at + 0x800))));
const texts = {
  integer: rarely(
    fc.nat().map(String),
    fc.constantFrom(
      ...['-1', '+5', ' 5 ', '', '007', '999999999999999', '9223372036854775807', '9223372036854775808'],
    ),
  ),
  instant: rarely(
    fc
      .record({
        at: fc.integer({ min: Date.UTC(2019, 0), max: Date.UTC(2026, 0) }),
        fraction: fc.constantFrom('', '.8', '.007', '.1234567', '.'),
      })
      .map(({ at, fraction }) => new Date(at).toISOString().slice(0, 19) + fraction),
    fc.constantFrom(
      ...['0001-01-01T00:00:00', '1900-01-01T10:00:00', '2024-02-30T00:00:00', '2024-02-29 00:00:00', ''],
      ...['2024-06-01', '2024-06-01T24:00:00', '2024-06-01T23:60:00', '2024-06-01T10:00:00.12345678'],
      ...[
        '2024-06-01T10:00:00Z',
        '2024-06-01T10:00:00-05:00',
        '2024-06-01T10:00:00.5x',
        '2124-06-01T10:00:00',
      ],
    ),
  ),
  text: rarely(
    fc.constantFrom('anna@example.com', 'https://example.com/?a=1&amp;b=%20&amp;c=é', '', '007', '🙂'),
    anyCharacters.map((text) => text.replaceAll(/[<&]/gu, '')),
  ),
  uuid: rarely(
    fc.uuid(),
    fc.constantFrom(
      ...['4F1C2F8E-6F0E-4D5A-9D0A-0123456789AB', '{4f1c2f8e-6f0e-4d5a-9d0a-0123456789ab}'],
      ...['4f1c2f8e6f0e4d5a9d0a0123456789ab', '4f1c2f8e-6f0e-4d5a-9d0a-0123456789ag', '', ' '],
    ),
  ),
  boolean: rarely(fc.constantFrom('true', 'false'), fc.constantFrom('True', '1', '0', '', 'yes')),
} as const;

function rarely(usual: fc.Arbitrary<string>, odd: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof({ weight: 60, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

/** How a field is written: its value, or one of the other ways of XML to write one or none. */
const how = fc.constantFrom(
  ...['value', 'nil', 'absent', 'empty', 'nil-open', 'nil-false', 'twice', 'prefixed'],
  ...['partner', 'partner-nil', 'partner-empty', 'partner-turned', 'partner-twice', 'partner-and-value'],
);

function written(name: string, value: string, way: string): string {
  switch (way) {
    case 'nil':
      return `<${name} xsi:nil="true" />`;
    case 'nil-open':
      return `<${name} xsi:nil="true"></${name}>`;
    case 'nil-false':
      return `<${name} xsi:nil="false">${value}</${name}>`;
    case 'absent':
      return '';
    case 'empty':
      return `<${name}/>`;
    case 'twice':
      return `<${name}>1</${name}><${name}>${value}</${name}>`;
    case 'partner':
      return partner(`<Name>${name}</Name><Value>${value}</Value>`);
    case 'partner-nil':
      return partner(`<Name>${name}</Name><Value xsi:nil="true" />`);
    case 'partner-empty':
      return partner(`<Name>${name}</Name><Value/>`);
    case 'partner-turned':
      return partner(`<Value>${value}</Value><Name>${name}</Name>`);
    case 'partner-twice':
      return `${written(name, '', 'partner-empty')}${written(name, value, 'partner')}`;
    case 'partner-and-value':
      return `${written(name, '1', 'partner')}${written(name, value, 'value')}`;
    case 'prefixed':
      return `<p:${name}>${value}</p:${name}>`;
    default:
      return `<${name}>${value}</${name}>`;
  }
}

function partner(content: string): string {
  return `<PartnerProperties>${content}</PartnerProperties>`;
}

const usualHow = fc.oneof(
  { weight: 6, arbitrary: fc.constant('value') },
  { weight: 2, arbitrary: fc.constantFrom('nil', 'absent', 'prefixed', 'partner', 'partner-nil') },
);

/** A record as sent, with each field in the way that its shape has it; at times with something odd in it. */
function recordOf(definition: EventDefinition, shapeOf: readonly string[]) {
  const fields = Object.values(definition.columns).map(({ property, kind }, index) => {
    const value = texts[kind].map((text) => written(property, text, shapeOf[index] ?? 'value'));
    const odd = fc.record({ text: anyText, how }).map(({ text, how: way }) => written(property, text, way));
    return fc.oneof({ weight: 100, arbitrary: value }, { weight: 1, arbitrary: odd });
  });
  return fc
    .record({
      fields: fc.tuple(...fields),
      account: rarely(fc.constant(String(accountId)), fc.constantFrom('1', '', ' 7000001')),
      before: rarely(fc.constant(''), fc.constantFrom('\n  ', '<!-- <Results> -->', 'x', '<Other>1</Other>')),
      unwanted: rarely(fc.constant('1'), anyText),
    })
    .map(
      ({ fields: all, account, before, unwanted }) =>
        `${before}<Results xsi:type="${definition.objectType}"><Client><ID>${account}</ID></Client>` +
        `<PartnerKey xsi:nil="true" /><EventType>${unwanted}</EventType>${all.join('')}</Results>`,
    );
}

const damage = fc.oneof(
  { weight: 12, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.record({
      at: fc.nat(),
      byte: fc.integer({ min: 0, max: 255 }),
      length: fc.constantFrom(0, 1, 5),
    }),
  },
);

// Few shapes on a page, so that most records have one that was met before.
const page = fc
  .constantFrom(...eventCatalog)
  .chain((definition) => {
    const fieldCount = Object.keys(definition.columns).length;
    const oneShape = fc.array(usualHow, { minLength: fieldCount, maxLength: fieldCount });
    return fc.record({
      definition: fc.constant(definition),
      shapes: fc.array(oneShape, { minLength: 1, maxLength: 3 }),
    });
  })
  .chain(({ definition, shapes }) =>
    fc.record({
      definition: fc.constant(definition),
      records: fc.array(fc.oneof(...shapes.map((one) => recordOf(definition, one))), {
        minLength: 1,
        maxLength: 70,
      }),
      cuts: fc.array(fc.nat(), { maxLength: 12 }),
      damage,
    }),
  );

function damaged(bytes: Buffer, change: { at: number; byte: number; length: number } | null): Buffer {
  if (change === null) return bytes;
  const at = change.at % bytes.length;
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from([change.byte]),
    bytes.subarray(at + change.length),
  ]);
}

describe('a record that is taken from its bytes', () => {
  it(`is what sax makes of it (seed ${seed})`, async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(page, async ({ definition, records, cuts, damage: change }) => {
        const bytes = damaged(Buffer.from(retrieved(records.join('\n'.repeat(records.length % 2)))), change);
        taken += await expectSame(definition, bytes, cuts);
      }),
      { numRuns, seed },
    );
    // Otherwise nothing was compared.
    expect(taken).toBeGreaterThan(numRuns);
  });

  it('is every usual one but the first of its shape, however the page is cut', async () => {
    const [sent, open] = ['sent', 'open'].map((name) => eventCatalog.find((event) => event.name === name));
    for (const definition of [sent, open]) {
      if (definition === undefined) throw new Error('no such event type');
      const usual = Object.values(definition.columns)
        // Marketing Cloud: some properties of a sent event arrive as names and values.
        .map(({ property, kind }) =>
          written(
            property,
            usualValues[kind],
            ['ListID', 'SubscriberID'].includes(property) ? 'partner' : 'value',
          ),
        )
        .join('');
      const record = `<Results xsi:type="X"><Client><ID>${accountId}</ID></Client>${usual}</Results>`;
      const bytes = Buffer.from(retrieved(record.repeat(50)));
      for (const cuts of [[], Array.from({ length: bytes.length }, (_, index) => index)])
        expect(await expectSame(definition, bytes, cuts)).toBeGreaterThanOrEqual(48);
    }
  });
});

const usualValues = {
  integer: '12',
  instant: '2024-07-01T10:00:00.8',
  text: 'anna@example.com',
  uuid: '4f1c2f8e-6f0e-4d5a-9d0a-0123456789ab',
  boolean: 'true',
} as const;
