// Control characters but tab, line feed and carriage return.
const controls = '\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F';
// What XML 1.0 forbids: those, U+FFFE, U+FFFF and half surrogate pairs. Postgres cannot store U+0000 either.
const forbiddenCharacters = new RegExp(
  `[${controls}\\uFFFE\\uFFFF]|[\\uD800-\\uDBFF](?![\\uDC00-\\uDFFF])|(?<![\\uD800-\\uDBFF])[\\uDC00-\\uDFFF]`,
);
const controlCharacter = new RegExp(`[${controls}]`);
const everyForbiddenCharacter = new RegExp(forbiddenCharacters.source, 'g');

/** Whether XML 1.0 can carry the text at all, in any spelling. */
export function isXmlText(text: string): boolean {
  return !forbiddenCharacters.test(text);
}

/** The same for text that a strict UTF-8 decoder made, which holds no half pairs: several times as fast. */
export function isDecodedXmlText(text: string): boolean {
  return !controlCharacter.test(text) && !text.includes('\uFFFE') && !text.includes('\uFFFF');
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // A parser may turn a bare carriage return into a line feed; as a reference it survives.
  '\r': '&#13;',
};

/** Text as element content or attribute value: nothing in it can end the element or begin another. */
export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"'\r]/g, (character) => references[character] ?? character);
}

/** As `escapeXml`, with characters that XML forbids as references: readable by people, refused by parsers. */
export function escapeXmlVisibly(text: string): string {
  return escapeXml(text).replaceAll(
    everyForbiddenCharacter,
    (character) => `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`,
  );
}

/** `soap:Body` and `Body` are one name: prefixes are the sender's choice. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
