import { escapeXmlVisibly } from '../../marketing-cloud/request/xml-text.ts';

/** A record that could not be read, as it is kept. */
interface KeptText {
  readonly record: string;
  /** Of a line of a file; null where it is XML. */
  readonly delimiter: string | null;
}

// A shorter key, such as a number, is part of other values; then only a whole field is the person's.
const keyCharsInTextMin = 8;

/** The forms in which a record may hold a key. */
export function formsOf(subscriberKey: string): string[] {
  const inXml = escapeXmlVisibly(subscriberKey);
  const inUrl = encodeURIComponent(subscriberKey.toWellFormed());
  return [...new Set([subscriberKey, inXml, inUrl, subscriberKey.replaceAll('"', '""')])];
}

/** Whether a record names a person: in a field of its own, or, where the key is long or an address, within a text. */
export function namesPerson({ record, delimiter }: KeptText, subscriberKey: string): boolean {
  const isUnmistakable = subscriberKey.length >= keyCharsInTextMin || subscriberKey.includes('@');
  return formsOf(subscriberKey).some((form) => {
    for (let at = record.indexOf(form); at >= 0; at = record.indexOf(form, at + 1)) {
      const [before, after] = [record.charAt(at - 1), record.charAt(at + form.length)];
      if (isUnmistakable ? !isPartOfWord(before) && !isPartOfWord(after) : isField(before, after, delimiter))
        return true;
    }
    return false;
  });
}

function isPartOfWord(character: string): boolean {
  return /[\p{L}\p{N}]/u.test(character);
}

function isField(before: string, after: string, delimiter: string | null): boolean {
  if (delimiter === null) return before === '>' && after === '<';
  const ends = ['', '"', '\n', '\r', delimiter];
  return ends.includes(before) && ends.includes(after);
}
