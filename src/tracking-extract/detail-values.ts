import { anyInteger, booleanOf, isStorableText } from '../columns/values.ts';
import type { ColumnDefinition } from '../events/define-event.ts';
import { fractionColumns } from '../events/extract-details.ts';

/** Reads the text of a detail: undefined where it is unreadable. */
export type DetailReader = (text: string) => string | undefined;

/** An unreadable detail must not cost the event: it is left out, where an unreadable property rejects the record. */
export function detailReader(name: string, { kind }: ColumnDefinition): DetailReader {
  const isReadable = fractionColumns.includes(name) ? isFraction : readable[kind];
  return (text) => (isReadable(text) ? text : undefined);
}

const readable = {
  integer: (text: string) => anyInteger(text) !== undefined,
  boolean: (text: string) => booleanOf(text) !== undefined,
  text: isStorableText,
  instant: () => false,
  uuid: () => false,
} as const satisfies Record<ColumnDefinition['kind'], (text: string) => boolean>;

function isFraction(text: string): boolean {
  return /^-?\d{1,3}(\.\d{1,15})?$/u.test(text);
}
