import { printableJson, printableLine, printableText } from '../../src/printable.ts';

// Clear screen, OSC 8 link, C1 string, bidi override, zero width, Unicode's line end, half a pair, a tag.
const hostile = [
  'a\u001b[2Jb',
  'a\u001b]8;;http://x\u0007b',
  'a\u009d0;b\u009c',
  'a\u202eb',
  'a\u200bb',
  'a\u2028b',
  'a\ud800b',
  'a\u{e0041}b',
  'a\rb',
  'a\u0000b',
];
const dangerous = /[^\P{Cc}\t\n]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe('printable text', () => {
  it.each(hostile)('of %j has nothing that a terminal obeys', (text) => {
    expect(printableText(text)).not.toMatch(dangerous);
    expect(printableText(text)).toMatch(/^a.*b/u);
  });

  it('keeps letters of every language, line ends and tabs', () => {
    const text = 'Größe\t日本 😀\nעברית';
    expect(printableText(text)).toBe(text);
  });

  it('is one line where one is wanted', () => {
    expect(printableLine('a\nb\tc')).toBe('a b c');
  });
});

describe('printable JSON', () => {
  it.each(hostile)('of %j has the same value', (text) => {
    const json = printableJson(JSON.stringify({ text }));
    expect(json).not.toMatch(dangerous);
    expect(JSON.parse(json)).toEqual({ text });
  });
});
