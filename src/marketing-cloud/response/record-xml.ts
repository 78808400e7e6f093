import type { Unreadable } from '../../columns/page-builder.ts';
import { RecordUnreadableError } from '../../errors.ts';
import { FastSax } from './fast-sax.ts';
import { RecordCollector, truncatedAttribute } from './record-collector.ts';
import { recordPaths } from './wanted-paths.ts';
import { escapeXmlVisibly } from '../request/xml-text.ts';

// A rejected record is kept for a person to look at, who does not need a huge field in full.
const storedFieldCharsMax = 64 * 1024;

/**
 * Renders a rejected record for storage: `<Results>` with one element per property, nested along its path.
 *
 * Characters that XML forbids become references, so that the text can be stored and a person sees them. A
 * truncated field carries an attribute that says so and is refused when the record is read again.
 */
export function renderRecordXml(properties: readonly string[], values: readonly (string | null)[]): string {
  const fields = properties.map((property, index) => renderField(property.split('.'), values[index] ?? null));
  return `<Results>${fields.join('')}</Results>`;
}

function renderField(path: readonly string[], value: string | null): string {
  if (value === null) return '';
  const isTruncated = value.length > storedFieldCharsMax;
  const text = escapeXmlVisibly(isTruncated ? truncate(value) : value);
  const mark = isTruncated ? ` ${truncatedAttribute}="${value.length}"` : '';
  const opening = path.map((name, depth) => (depth === path.length - 1 ? `<${name}${mark}>` : `<${name}>`));
  const closing = path.toReversed().map((name) => `</${name}>`);
  return opening.join('') + text + closing.join('');
}

function truncate(value: string): string {
  // Never between the halves of a surrogate pair.
  const end = /[\uD800-\uDBFF]/.test(value.charAt(storedFieldCharsMax - 1))
    ? storedFieldCharsMax - 1
    : storedFieldCharsMax;
  return value.slice(0, end);
}

/**
 * Reads a record written by `renderRecordXml`: one value per property, null where it is absent.
 *
 * @throws {RecordUnreadableError} when it still cannot be read, or a field was truncated.
 */
export function parseRecordXml(xml: string, properties: readonly string[]): (string | null)[] {
  let record: (string | null)[] | undefined;
  let problem: Unreadable | undefined;
  const collector = new RecordCollector(recordPaths(properties), properties, (values, unreadable) => {
    record = [...values];
    problem = unreadable;
  });
  collector.isSuspicious = true;
  const broken = (reason: string): never => {
    throw new RecordUnreadableError(
      `The stored record is damaged: ${reason.split(':', 1).join().slice(0, 80)}`,
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
  try {
    reader.write(xml).end();
  } catch (error) {
    if (error instanceof RecordUnreadableError) throw error;
    broken('the parser cannot read it');
  }
  if (record === undefined) return broken('no record in it');
  if (problem !== undefined)
    throw new RecordUnreadableError(`The record cannot be read: ${problem.reason}`, { ...problem });

  return record;
}
