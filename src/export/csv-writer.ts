import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { ExportColumn, ExportRow } from '../store/export/read-events.ts';
import type { EventWriter } from './event-writer.ts';

/** A CSV file; it has another name until it is whole. */
export function createCsvFile(path: string, columns: readonly ExportColumn[]): EventWriter {
  const partial = `${path}.partial`;
  let handle: FileHandle | undefined;
  return {
    async write(rows) {
      if (handle === undefined) {
        handle = await open(partial, 'w');
        await handle.write(csvHeader(columns));
      }
      await handle.write(csvText(columns, rows));
    },
    async finish() {
      if (handle === undefined) return;
      await handle.sync();
      await handle.close();
      await rename(partial, path);
    },
    async discard() {
      await handle?.close();
      await rm(partial, { force: true });
    },
  };
}

/** CSV as a stream of text, with the header first; also where there is no row. */
export function createCsvStream(
  columns: readonly ExportColumn[],
  write: (text: string) => Promise<void>,
): Pick<EventWriter, 'write' | 'finish'> {
  let isBegun = false;
  const begin = async () => {
    if (!isBegun) await write(csvHeader(columns));
    isBegun = true;
  };
  return {
    async write(rows) {
      await begin();
      await write(csvText(columns, rows));
    },
    finish: begin,
  };
}

/**
 * Rows as CSV (RFC 4180, UTF-8): instants in UTC to the microsecond, nothing for null, `""` for empty text.
 */
function csvText(columns: readonly ExportColumn[], rows: readonly ExportRow[]): string {
  return rows
    .map((row) => columns.map((column, index) => csvField(column, row[index] ?? null)).join(',') + '\r\n')
    .join('');
}

function csvHeader(columns: readonly ExportColumn[]): string {
  return `${columns.map(({ name }) => name).join(',')}\r\n`;
}

function csvField({ kind }: ExportColumn, text: string | null): string {
  if (text === null) return '';
  if (kind === 'instant') return instantText(text);
  if (kind === 'boolean') return text === 't' ? 'true' : 'false';
  return text === '' || /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Microseconds since 1970 as ISO text, exact. */
function instantText(micros: string): string {
  const all = BigInt(micros);
  const rest = ((all % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((all - rest) / 1000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(rest).padStart(6, '0')}Z`;
}
