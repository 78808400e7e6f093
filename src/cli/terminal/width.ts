import { withoutMarks } from './marks.ts';

/** How many columns of a terminal the text takes. */
export function widthOf(text: string): number {
  const shown = withoutMarks(text);
  if (/^[\u0020-\u007e]*$/u.test(shown)) return shown.length;
  return Array.from(shown).reduce((width, character) => width + widthOfCharacter(character), 0);
}

// Unicode has no property for it that a pattern may name: Hangul, CJK, full-width forms, and emoji.
const wide =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;
const joined = /\p{M}/u;

function widthOfCharacter(character: string): number {
  if (joined.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** The text with blanks up to a width. */
export function padded(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? blanks + text : text + blanks;
}

/**
 * The text in lines of at most `width` columns, broken at blanks; lines after the first begin with `indent`, or with the
 * blanks that the text begins with. A word that is wider stays whole, so that an address can be copied.
 */
export function wrapped(text: string, width: number, indent = /^ */u.exec(text)?.[0] ?? ''): string {
  if (widthOf(text) <= width) return text;
  const lead = /^ */u.exec(text)?.[0] ?? '';
  const [first = '', ...words] = text.slice(lead.length).split(' ');
  const lines: string[] = [];
  let line = `${lead}${first}`;
  for (const word of words) {
    const longer = `${line} ${word}`;
    if (widthOf(longer) <= width) {
      line = longer;
    } else {
      lines.push(line.trimEnd());
      line = `${indent}${word}`;
    }
  }
  return [...lines, line].join('\n');
}
