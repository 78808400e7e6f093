/**
 * Text from outside as it may reach a terminal, a log or a table: each control character, each character that
 * only directs a display (bidi, zero width), and each half of a surrogate pair becomes a space. Line ends and
 * tabs stay.
 */
export function printableText(text: string): string {
  return text.replaceAll(unprintable, ' ');
}

/** The same on one line. */
export function printableLine(text: string): string {
  return text.replaceAll(/[\t\n]/gu, ' ').replaceAll(unprintable, ' ');
}

/** JSON text in which such characters are written as escapes, so that the value stays what it is. */
export function printableJson(json: string): string {
  return json.replaceAll(unprintable, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

// Cc: C0 and C1 controls. Cf: bidi, zero width, tags. Cs: single surrogates. Zl, Zp: line ends of Unicode's own.
const unprintable = /[^\P{Cc}\t\n]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
