import { RecordUnreadableError } from '../../errors.ts';
import { FastSax } from './fast-sax.ts';
import { cutAttribute, PageCollector, type Unreadable } from './record-collector.ts';
import { recordPaths } from './wanted-paths.ts';
import { escapeXmlVisibly } from '../request/xml-text.ts';

// A record set aside is for a person to look at; what made it too long is not needed whole.
const storedFieldCharsMax = 64 * 1024;

/**
 * Writes a record as it is kept when it cannot be read: `<Results>` with an element per property, nested
 * along its path. Characters that XML forbids become references, so that the text can be stored and a
 * person sees them; a field cut for length carries a mark and is refused when read again.
 */
export function renderRecordXml(properties: readonly string[], values: readonly (string | null)[]): string {
  const fields = properties.map((property, slot) => renderField(property.split('.'), values[slot] ?? null));
  return `<Results>${fields.join('')}</Results>`;
}

function renderField(path: readonly string[], value: string | null): string {
  if (value === null) return '';
  const isCut = value.length > storedFieldCharsMax;
  const text = escapeXmlVisibly(isCut ? cutText(value) : value);
  const mark = isCut ? ` ${cutAttribute}="${value.length}"` : '';
  const opening = path.map((name, depth) => (depth === path.length - 1 ? `<${name}${mark}>` : `<${name}>`));
  const closing = path.toReversed().map((name) => `</${name}>`);
  return opening.join('') + text + closing.join('');
}

function cutText(value: string): string {
  // Not between the halves of a surrogate pair.
  const end = /[\uD800-\uDBFF]/.test(value.charAt(storedFieldCharsMax - 1))
    ? storedFieldCharsMax - 1
    : storedFieldCharsMax;
  return value.slice(0, end);
}

/**
 * Reads a record kept by `renderRecordXml`: one value per property, null where it is absent.
 *
 * @throws {RecordUnreadableError} when it still cannot be read, or was cut.
 */
export function parseRecordXml(xml: string, properties: readonly string[]): (string | null)[] {
  let record: (string | null)[] | undefined;
  let problem: Unreadable | undefined;
  const collector = new PageCollector(recordPaths(properties), properties, (values, unreadable) => {
    record = [...values];
    problem = unreadable;
  });
  collector.isSuspicious = true;
  const broken = (reason: string): never => {
    throw new RecordUnreadableError(
      `The kept record is damaged: ${reason.split(':', 1).join().slice(0, 80)}`,
    );
  };
  const reader = new FastSax({
    openTag: (tag) => collector.openTag(tag),
    closeTag: () => collector.closeTag(),
    text: (piece) => collector.text(piece),
    invalidReference: () => collector.invalidReference(),
    documentType: () => broken('a document type declaration'),
    broken,
  });
  reader.write(xml).end();
  if (record === undefined) return broken('no record in it');
  if (problem !== undefined)
    throw new RecordUnreadableError(`The record cannot be read: ${problem.reason}`, { ...problem });

  return record;
}
