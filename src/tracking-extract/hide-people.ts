import { type Pseudonyms, withoutAddresses } from '../columns/people/pseudonyms.ts';
import { normalized } from './extract-layout.ts';
import type { RejectedLine } from './event-pages.ts';

/** Columns that no event has: they are not kept with a line either. */
const unusedOfPeople = new Set(['emailaddress', 'subscriberid', 'ipaddress']);

/** Columns that hold the key of a person. */
const keyColumns = new Set(['subscriberkey', 'optinsubscriberkey']);

/** Columns that say nothing of a person, and whose texts have to stay as they are. */
const keptColumns = new Set([
  'clientid',
  'sendid',
  'jobid',
  'listid',
  'batchid',
  'urlid',
  'eventdate',
  'eventtype',
]);

/**
 * Returns what is kept of a rejected line: always without the columns of people that no event has, and without those that
 * `isLeftOut` names. With pseudonyms keys are
 * hashed as they are in events, so that the line can be read again, and other texts lose their addresses; of a line that
 * could not be split nothing is kept then, since the person may stand anywhere in it.
 */
export function lineHider(
  header: readonly string[],
  pseudonyms: Pseudonyms | undefined,
  isLeftOut: (column: string) => boolean = () => false,
): (line: RejectedLine) => RejectedLine {
  const names = header.map(normalized);
  const personField = names.indexOf('subscriberkey');
  const fieldOf = (name: string, field: string, key: string) => {
    if (field === '' || keptColumns.has(name)) return field;
    if (unusedOfPeople.has(name) || isLeftOut(name)) return '';
    if (pseudonyms === undefined) return field;
    return keyColumns.has(name) ? pseudonyms.keyOf(field) : pseudonyms.textOf(field, key === '' ? null : key);
  };
  return (line) => {
    const { fields, text } = line;
    if (text !== undefined) {
      const kept =
        pseudonyms === undefined ? text : `[${text.length} characters, not kept: they may name a person]`;
      return { ...line, text: kept };
    }
    const key = fields[personField] ?? '';
    return {
      ...line,
      fields: fields.map((field, index) => fieldOf(names[index] ?? '', field, key)),
      reason: pseudonyms === undefined ? line.reason : withoutAddresses(line.reason),
    };
  };
}
