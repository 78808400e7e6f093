// From text to typed values. These functions run once per value, so they scan character codes and create
// no objects; the slower ones are for rare values.

// The range of a Postgres bigint.
const bigintMin = -(2n ** 63n);
const bigintMax = 2n ** 63n - 1n;

/** The number in up to fifteen plain digits, which a JavaScript number holds exactly; NaN for any other text. */
export function plainInteger(text: string): number {
  const { length } = text;
  if (length === 0 || length > 15) return NaN;

  let value = 0;
  for (let index = 0; index < length; index += 1) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return NaN;

    value = value * 10 + digit;
  }
  return value;
}

/** Any integer in XML Schema's notation that fits a bigint; undefined for anything else. */
export function anyInteger(text: string): bigint | undefined {
  const match = /^[\t\n\r ]*([+-]?)0*([0-9]{1,19})[\t\n\r ]*$/.exec(text);
  if (match === null) return undefined;

  const magnitude = BigInt(match[2] ?? '');
  const value = match[1] === '-' ? -magnitude : magnitude;
  return value >= bigintMin && value <= bigintMax ? value : undefined;
}

/** Whether the text is only XML white space, which means a number or a date that was not sent. */
export function isBlank(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return false;
  }
  return true;
}

export function booleanOf(text: string): boolean | undefined {
  switch (text.trim().toLowerCase()) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return undefined;
  }
}

// Postgres stores no U+0000 in text, and UTF-8 cannot encode half of a surrogate pair.
export function isStorableText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/** Writes a uuid's four 32-bit words at `at`; false if the text is not a uuid. Braces and any case are accepted. */
export function putUuidWords(text: string, words: Int32Array, at: number): boolean {
  const start = text.length === 38 && text.startsWith('{') && text.endsWith('}') ? 1 : 0;
  if (text.length !== 36 + 2 * start) return false;

  let word = 0;
  let digitCount = 0;
  for (let index = 0; index < 36; index += 1) {
    const code = text.charCodeAt(start + index);
    if (index === 8 || index === 13 || index === 18 || index === 23) {
      if (code !== 0x2d) return false;

      continue;
    }
    const digit = code < 128 ? (hexDigits[code] ?? -1) : -1;
    if (digit < 0) return false;

    word = (word << 4) | digit;
    digitCount += 1;
    if ((digitCount & 7) === 0) words[at + (digitCount >> 3) - 1] = word;
  }
  return true;
}

/** The standard text of a uuid, from its four words. */
export function uuidText(words: Int32Array, at: number): string {
  let hex = '';
  for (let index = at; index < at + 4; index += 1)
    hex += ((words[index] ?? 0) >>> 0).toString(16).padStart(8, '0');

  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The value of a hexadecimal digit by its character code; -1 for anything else in ASCII. */
export const hexDigits = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 16; digit += 1) {
  const lower = digit.toString(16);
  hexDigits[lower.charCodeAt(0)] = digit;
  hexDigits[lower.toUpperCase().charCodeAt(0)] = digit;
}
