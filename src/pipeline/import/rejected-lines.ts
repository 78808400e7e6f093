import type { RejectedText } from '../../store/load/rejected-records.ts';
import type { RejectedLine } from '../../tracking-extract/event-pages.ts';

/** What the lines of a file are read with. */
export interface LineSource {
  readonly name: string;
  readonly header: readonly string[];
  readonly delimiter: string;
  readonly timeZone: string | undefined;
  /** Its details are kept. */
  readonly hasDetails: boolean;
}

/** A line of a file as it is kept: under the header, so that it can be read again alone. */
export function rejectedLineText(
  { name, header, delimiter, timeZone, hasDetails }: LineSource,
  { line, fields, text, reason }: RejectedLine,
): RejectedText {
  const record = text ?? csvLine(fields, delimiter);
  return {
    reason: `${name} line ${line}: ${reason}`,
    xml: `${csvLine(header, delimiter)}\n${record}`,
    file: { name, line, delimiter, timeZone: timeZone ?? null, hasDetails },
  };
}

function csvLine(fields: readonly string[], delimiter: string): string {
  return fields
    .map((field) =>
      /["\r\n]/u.test(field) || field.includes(delimiter) ? `"${field.replaceAll('"', '""')}"` : field,
    )
    .join(delimiter);
}
