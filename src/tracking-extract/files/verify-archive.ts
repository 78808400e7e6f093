import { ConfigInvalidError } from '../../errors.ts';
import { listFiles } from './source-files.ts';

/**
 * Reads an archive to its end, so that every checksum is compared. Returns what is wrong with it; undefined where
 * it is whole.
 */
export async function damageOf(place: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const files = await listFiles(place);
    for (const { open } of files)
      for await (const part of open(0)) if (part.length >= 0) signal.throwIfAborted();
    return files.length === 0 ? 'it is empty' : undefined;
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.message;
    throw error;
  }
}
