import { ConfigInvalidError } from '../../errors.ts';
import { complaintType } from '../../events/extract-details.ts';
import { typeOfFile, whyNotImported } from '../../tracking-extract/file-types.ts';
import type { SourceFile } from '../../tracking-extract/files/source-file.ts';
import { listFiles } from '../../tracking-extract/files/source-files.ts';
import { dimensionImports } from './dimension-imports.ts';

/** A file that is imported. */
export interface KnownFile {
  readonly source: SourceFile;
  /** The event type, or the dimension. */
  readonly eventType: string;
}

export interface FoundFiles {
  readonly known: readonly KnownFile[];
  /** Files that hold something else, each with why it is not imported. */
  readonly ignored: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * The files of an extract at a path, those of dimensions after those of events: they are completed by what events name.
 *
 * @throws {ConfigInvalidError} where none is imported, and as `listFiles` does.
 */
export async function findFiles(path: string, keepsDetails: boolean): Promise<FoundFiles> {
  const known: KnownFile[] = [];
  const ignored: { name: string; reason: string }[] = [];
  for (const source of await listFiles(path)) {
    const { name, fileName } = source;
    const eventType = typeOfFile(fileName);
    if (eventType === undefined) ignored.push({ name, reason: whyNotImported(fileName) });
    else if (eventType === complaintType && !keepsDetails)
      ignored.push({ name, reason: 'complaints are kept with EXTRACT_DETAILS=on' });
    else known.push({ source, eventType });
  }
  if (known.length > 0) {
    const dimensions = [...dimensionImports.keys()];
    const rank = ({ eventType }: KnownFile) => dimensions.indexOf(eventType);
    return { known: known.toSorted((one, other) => rank(one) - rank(other)), ignored };
  }
  const [first] = ignored;
  throw new ConfigInvalidError(
    first === undefined || ignored.length > 1
      ? `${path} holds no file of a Tracking Extract: Sent, Opens, Clicks, Bounces, Unsubs, NotSent, SendJobs or Lists`
      : `${first.name} is not imported: ${first.reason}`,
  );
}
