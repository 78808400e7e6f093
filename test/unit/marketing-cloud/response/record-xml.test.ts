import fc from 'fast-check';
import { parseRecordXml, renderRecordXml } from '../../../../src/marketing-cloud/response/record-xml.ts';
import { thrownBy } from '../thrown-by.ts';

const properties = ['Client.ID', 'SubscriberKey', 'URL'];

describe('a record set aside', () => {
  it('is kept as Results with each property along its path', () => {
    expect(renderRecordXml(properties, ['7', null, 'a&b'])).toBe(
      '<Results><Client><ID>7</ID></Client><URL>a&amp;b</URL></Results>',
    );
  });

  it('comes back as it was, whatever text it holds', () => {
    const value = fc.option(
      fc.string({
        unit: fc.oneof(
          fc.constantFrom('<', '&', ']]>', '\r', '\n', '"', '&#1;'),
          fc.string({ unit: 'grapheme-ascii' }),
        ),
      }),
    );
    fc.assert(
      fc.property(fc.tuple(value, value, value), (values) => {
        expect(parseRecordXml(renderRecordXml(properties, values), properties)).toEqual(values);
      }),
    );
  });

  it.each(['a\u0000b', 'a\u001Fb', 'a\uFFFFb', 'a\uD800b'])(
    'stays unreadable with the character it was refused for: %j',
    (text) => {
      const xml = renderRecordXml(properties, ['7', text, null]);
      expect(xml).toMatch(/a&#x[0-9A-F]+;b/);
      expect(thrownBy(() => parseRecordXml(xml, properties))).toMatchObject({
        code: 'RECORD_UNREADABLE',
        context: { property: 'SubscriberKey' },
      });
    },
  );

  it('is cut where a field is very long, and then does not pass for a whole one', () => {
    const xml = renderRecordXml(properties, ['7', 'k', '🙂'.repeat(100_000)]);
    expect(xml.length).toBeLessThan(70_000);
    expect(xml).toContain('<URL sfmc-tracking-cut="200000">');
    expect(thrownBy(() => parseRecordXml(xml, properties))).toMatchObject({ code: 'RECORD_UNREADABLE' });
  });

  it.each(['', '<Results>', '<Other/>', 'text', '<!DOCTYPE a><Results/>'])(
    'is refused when damaged: %s',
    (xml) => {
      expect(thrownBy(() => parseRecordXml(xml, properties))).toMatchObject({ code: 'RECORD_UNREADABLE' });
    },
  );
});
