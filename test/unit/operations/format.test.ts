import { escapeHtml, humanCount, humanDuration, humanInstant } from '../../../src/operations/format.ts';

describe('humanDuration', () => {
  it.each([
    [0, '0 s'],
    [59_000, '59 s'],
    [7_800_000, '2 h 10 min'],
    [86_400_000, '1 d'],
    [86_460_000, '1 d'],
    [604_800_000 + 3_600_000, '7 d 1 h'],
  ])('says %d ms as %s', (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });
});

describe('humanInstant', () => {
  it('is UTC, to the minute or to the second, and a dash where there is none', () => {
    const instant = new Date('2026-07-01T02:03:04.567Z');
    expect(humanInstant(instant)).toBe('2026-07-01 02:03');
    expect(humanInstant(instant, 'second')).toBe('2026-07-01 02:03:04');
    expect(humanInstant(null)).toBe('–');
  });
});

describe('humanCount', () => {
  it('groups thousands', () => {
    expect(humanCount(1234567)).toBe('1,234,567');
  });
});

describe('escapeHtml', () => {
  it('leaves no character that begins or ends markup', () => {
    expect(escapeHtml(`<a href="x">&'</a>`)).toBe('&#60;a href=&#34;x&#34;&#62;&#38;&#39;&#60;/a&#62;');
  });
});
