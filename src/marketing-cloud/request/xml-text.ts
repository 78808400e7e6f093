// Control characters other than tab, line feed and carriage return.
const controls = '\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F';
// What XML 1.0 forbids: those, U+FFFE, U+FFFF and half surrogate pairs. Postgres cannot store U+0000 either.
const forbiddenCharacters = new RegExp(
  `[${controls}\\uFFFE\\uFFFF]|[\\uD800-\\uDBFF](?![\\uDC00-\\uDFFF])|(?<![\\uD800-\\uDBFF])[\\uDC00-\\uDFFF]`,
);
const controlCharacter = new RegExp(`[${controls}]`);
const everyForbiddenCharacter = new RegExp(forbiddenCharacters.source, 'g');

/** Whether XML 1.0 can contain the text, escaped or not. */
export function isXmlText(text: string): boolean {
  return !forbiddenCharacters.test(text);
}

/** The same for the output of a strict UTF-8 decoder, which has no half surrogate pairs; several times as fast. */
export function isDecodedXmlText(text: string): boolean {
  return !controlCharacter.test(text) && !text.includes('\uFFFE') && !text.includes('\uFFFF');
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // A parser may turn a bare carriage return into a line feed; a reference is kept.
  '\r': '&#13;',
};

/** Escapes text as element content or attribute value: it can neither end the element nor begin another. */
export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"'\r]/g, (character) => references[character] ?? character);
}

/** Like `escapeXml`, and writes characters that XML forbids as references, which people can read and parsers refuse. */
export function escapeXmlVisibly(text: string): string {
  return escapeXml(text).replaceAll(
    everyForbiddenCharacter,
    (character) => `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`,
  );
}

/** The name without its prefix, which the sender chooses: `Body` of `soap:Body`. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
