/** How a text stands out. */
export type Look = 'strong' | 'faint' | 'good' | 'warn' | 'bad';

interface Mark {
  readonly character: string;
  /** SGR: bold, dim, green, yellow, red; the terminal's own colors, which its owner has chosen to be readable. */
  readonly code: string;
}

// Renderers mark what stands out; whether the reader sees colors is decided where the text is printed. The marks are
// noncharacters of Unicode: text from outside that holds one changes a color and nothing else.
const marks: Readonly<Record<Look, Mark>> = {
  strong: { character: '\uFDD0', code: '\u001b[1m' },
  faint: { character: '\uFDD1', code: '\u001b[2m' },
  good: { character: '\uFDD2', code: '\u001b[32m' },
  warn: { character: '\uFDD3', code: '\u001b[33m' },
  bad: { character: '\uFDD4', code: '\u001b[31m' },
};
const end: Mark = { character: '\uFDDF', code: '\u001b[0m' };

/** The text, marked; looks are not nested. */
export function marked(look: Look | undefined, text: string): string {
  return look === undefined || text === '' ? text : `${marks[look].character}${text}${end.character}`;
}

/** The text without its marks. */
export function withoutMarks(text: string): string {
  return replaceMarks(text, () => '');
}

/** The text with colors for its marks. */
export function withColors(text: string): string {
  return replaceMarks(text, ({ code }) => code);
}

function replaceMarks(text: string, replacement: (mark: Mark) => string): string {
  return [...Object.values(marks), end].reduce(
    (replaced, mark) => replaced.replaceAll(mark.character, replacement(mark)),
    text,
  );
}
