import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import sax from 'sax';
import { FastSax, type SaxTag } from '../../../../src/marketing-cloud/response/fast-sax.ts';
import { KnownMarkup } from '../../../../src/marketing-cloud/response/known-markup.ts';

// More on demand: FAST_SAX_RUNS=200000, and FAST_SAX_SEED to see a failure again.
const numRuns = Number(process.env['FAST_SAX_RUNS'] ?? 1000);
const seed = Number(process.env['FAST_SAX_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const name = fc.constantFrom('a', 'b', 'c:d', 'SubscriberKey', 'é', 'ID');
const text = fc.oneof(
  fc.constantFrom('', ' ', '\n', 'text', '  007 ', 'é', '🙂', ']]>', '&amp;', '&#65;', '&#x1F642;', 'a&lt;b'),
  fc.constantFrom('&#0;', '&nbsp;', '&', '& ', '&amp', '&#x;', '>', '"', '\u0001', '&#1;x'),
);
const attribute = fc.constantFrom(
  '',
  ' xsi:nil="true"',
  " b='>'",
  ' c="a&gt;b"',
  ' d = "1" e="2"',
  ' f="&#0;"',
  ' g',
  ' h=1',
  ' i="<"',
  ' j="1"j="2"',
  '\n',
);
const oddity = fc.constantFrom(
  '<!-- > -->',
  '<!--/>-->',
  '<?x y?>',
  '<?x/>?>',
  '<![CDATA[<a>]]]>',
  '<![CDATA[]]>',
  '<!x/>',
  '<!DOCTYPE a>',
  '<',
  '>',
  '</>',
  '< a>',
  '</a >',
  '<//>',
  '<a/ >',
  '<a//>',
  '<!-- -- -->',
);
const element = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.tuple(name, attribute).map(([tag, attributes]) => `<${tag}${attributes}/>`),
    fc
      .tuple(name, attribute, fc.array(tie('node'), { maxLength: 5 }))
      .map(([tag, attributes, children]) => `<${tag}${attributes}>${children.join('')}</${tag}>`),
  ),
})).node;
const fragment = fc.oneof(
  { weight: 8, arbitrary: element },
  { weight: 1, arbitrary: oddity },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('<', '</'), name, fc.constantFrom('>', '/>'))
      .map((parts) => parts.join('')),
  },
);
// The same markup comes again and again, as in a page of records: only then the fast lane has something to remember.
const document = fc
  .tuple(
    fc.constantFrom('', '<?xml version="1.0"?>', '\uFEFF', ' '),
    fc.array(fragment, { maxLength: 8 }),
    fc.nat(3),
    fc.constantFrom('', ' ', 'x', '<a/>'),
  )
  .map(
    ([before, fragments, repeats, after]) =>
      `${before}<r>${fragments.join('').repeat(repeats + 1)}</r>${after}`,
  );

type Event = readonly [string, ...unknown[]];

function recorder(): { events: Event[]; note: (...event: Event) => void } {
  const events: Event[] = [];
  return {
    events,
    note(...event) {
      const last = events.at(-1);
      // How text is cut into pieces is no promise.
      if (event[0] === 'text' && last?.[0] === 'text')
        events[events.length - 1] = ['text', String(last[1]) + String(event[1])];
      else events.push(event);
    },
  };
}

const attributesOf = (tag: SaxTag): [string, unknown][] => Object.entries(tag.attributes);

function chunksOf(xml: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (xml.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, n) => xml.slice(from, places[n] ?? xml.length));
}

function readWithSax(chunks: readonly string[]): Event[] {
  const { events, note } = recorder();
  const parser = new sax.SAXParser(true, { position: false, strictEntities: true });
  parser.ontext = (piece) => note('text', piece);
  parser.oncdata = (piece) => note('text', piece);
  parser.onopentag = (tag) => note('open', tag.name, attributesOf(tag), tag.isSelfClosing);
  parser.onclosetag = (tag) => note('close', tag);
  parser.oncomment = (comment) => note('comment', comment);
  parser.onprocessinginstruction = (node) => note('instruction', node.name, node.body);
  parser.ondoctype = (doctype) => note('doctype', doctype);
  parser.onerror = (error) => {
    if (!error.message.startsWith('Invalid character entity')) throw error;
    note('invalid reference');
    parser.resume();
  };
  return readAll(parser, chunks, events);
}

function readFast(chunks: readonly string[], known?: KnownMarkup): Event[] {
  const { events, note } = recorder();
  const parser = new FastSax(
    {
      openTag: (tag) => note('open', tag.name, attributesOf(tag), tag.isSelfClosing),
      closeTag: (tag) => note('close', tag),
      text: (piece) => note('text', piece),
      invalidReference: () => note('invalid reference'),
      documentType: (doctype) => note('doctype', doctype),
      broken: (reason) => {
        throw new Error(reason);
      },
    },
    known,
  );
  parser.oncomment = (comment) => note('comment', comment);
  parser.onprocessinginstruction = (node) => note('instruction', node.name, node.body);
  return readAll(parser, chunks, events);
}

function readAll(parser: sax.SAXParser, chunks: readonly string[], events: Event[]): Event[] {
  try {
    for (const chunk of chunks) parser.write(chunk);
    parser.end();
  } catch (error) {
    events.push(['error', error instanceof Error ? error.message : error]);
  }
  return events;
}

function withoutInstructions(events: Event[]): Event[] {
  return events.filter(([kind]) => kind !== 'instruction');
}

// Thousands of comparisons: jest's own is kept for showing a difference.
function expectEqual(fast: Event[], slow: Event[]): void {
  if (!isDeepStrictEqual(fast, slow)) expect(fast).toEqual(slow);
}

describe('the fast lane', () => {
  it(`tells what sax itself tells, for any document cut anywhere (seed ${seed})`, () => {
    fc.assert(
      fc.property(document, fc.array(fc.nat(), { maxLength: 6 }), (xml, cuts) => {
        const chunks = chunksOf(xml, cuts);
        expectEqual(readFast(chunks), readWithSax(chunks));
      }),
      { numRuns, seed },
    );
  });

  it('tells the same when it knows the tags of the documents before', () => {
    const known = new KnownMarkup();
    fc.assert(
      fc.property(document, fc.array(fc.nat(), { maxLength: 6 }), (xml, cuts) => {
        const chunks = chunksOf(xml, cuts);
        // The declaration of a known beginning is passed over.
        expectEqual(withoutInstructions(readFast(chunks, known)), withoutInstructions(readWithSax(chunks)));
      }),
      { numRuns, seed },
    );
    expect(known.size).toBeGreaterThan(0);
  });

  it.each(['<r a="1">', '<?xml version="1.0"?><r a="1">'])(
    'takes a beginning that it knows, however the document goes on: %s',
    (beginning) => {
      const known = new KnownMarkup();
      readFast([`${beginning}<b/></r>`], known);
      expect(known.findBeginning(beginning)).toMatchObject({ length: beginning.length });
      for (const rest of ['x</r>', '</r>', '</r><r/>', '<b></r>', '', '</q>', '&amp;</r>', '</r>x']) {
        const chunks = [`${beginning}${rest}`];
        expect(withoutInstructions(readFast(chunks, known))).toEqual(
          withoutInstructions(readWithSax(chunks)),
        );
      }
    },
  );

  it.each(['\uFEFF<r>', '<!-- x --><r>', '<!DOCTYPE r><r>', '<r a="&amp;">', ' <r>', '<r/>'])(
    'knows no beginning that is unusual: %s',
    (beginning) => {
      const known = new KnownMarkup();
      readFast([`${beginning}</r>`], known);
      expect(known.findBeginning(beginning)).toBeUndefined();
    },
  );

  it('goes on learning, within its bound, from documents whose tags are all their own', () => {
    const known = new KnownMarkup();
    for (let document = 0; document < 1000; document += 1) {
      readFast([`<r><own id="${document}"/><b/><b/></r>`], known);
      expect(known.size).toBeLessThanOrEqual(256);
    }
    expect(known.findTag('b/')).toBeDefined();
  });

  it('tells the same for documents nobody built', () => {
    const noiseKnown = new KnownMarkup();
    const noise = fc.string({
      unit: fc.constantFrom('<', '>', '/', 'a', 'b', ' ', '"', '=', '&', ';', '#', '!', '-', '?', '[', ']'),
      maxLength: 40,
    });
    fc.assert(
      fc.property(noise, fc.array(fc.nat(), { maxLength: 4 }), (xml, cuts) => {
        const chunks = chunksOf(`<a>${xml}</a>`, cuts);
        expectEqual(readFast(chunks), readWithSax(chunks));
        expectEqual(readFast(chunks, noiseKnown), readWithSax(chunks));
      }),
      { numRuns, seed },
    );
  });

  it.each(['<a>', '<a><![CDATA['])(
    'hands long text on in pieces, so that none of it piles up: %s',
    (opening) => {
      const pieces: number[] = [];
      const parser = new FastSax({
        openTag: () => undefined,
        closeTag: () => undefined,
        text: (piece) => pieces.push(piece.length),
        invalidReference: () => undefined,
        documentType: () => undefined,
        broken: (reason) => {
          throw new Error(reason);
        },
      });
      parser.write(opening);
      for (let n = 0; n < 64; n += 1) parser.write('x'.repeat(16 * 1024));
      expect(pieces.length).toBeGreaterThan(8);
      expect(Math.max(...pieces)).toBeLessThan(128 * 1024);
    },
  );

  it('does not take a declaration for the empty element met before it', () => {
    const xml = '<r><a/><!x/><!x/><a/></r>';
    expect(readFast([xml])).toEqual(readWithSax([xml]));
  });
});
