import { closeSync, fsyncSync, openSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { zstdCompressSync } from 'node:zlib';
import { type ColumnSource, fileWriter, ParquetWriter } from 'hyparquet-writer';
import type { ExportColumn, ExportRow } from '../store/export/read-events.ts';
import type { EventWriter } from './event-writer.ts';

/** Rows of a row group: enough to compress well, few enough for memory (some 30 MB). */
const groupRows = 50_000;

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

const elements = {
  integer: { type: 'INT64' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  uuid: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } },
  boolean: { type: 'BOOLEAN' },
  instant: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
} as const satisfies Readonly<Record<ExportColumn['kind'], Omit<SchemaElement, 'name'>>>;

/** A Parquet file, compressed by zstd: integers of 64 bits, instants in UTC to the microsecond. It has another name until it is whole. */
export function createParquetFile(
  path: string,
  columns: readonly ExportColumn[],
  createdBy: string,
): EventWriter {
  const partial = `${path}.partial`;
  let writer: ParquetWriter | undefined;
  let pending: ExportRow[] = [];
  const flush = async () => {
    if (pending.length === 0) return;
    writer ??= new ParquetWriter({
      writer: fileWriter(partial),
      schema: [{ name: 'root', num_children: columns.length }, ...columns.map(elementOf)],
      codec: 'ZSTD',
      compressors: { ZSTD: (input) => zstdCompressSync(input) },
      createdBy,
    });
    const group = pending;
    pending = [];
    await writer.write({
      columnData: columns.map((column, index) => columnOf(column, index, group)),
      rowGroupSize: groupRows,
    });
  };
  return {
    async write(rows) {
      pending.push(...rows);
      if (pending.length >= groupRows) await flush();
    },
    async finish() {
      await flush();
      if (writer === undefined) return;
      await writer.finish();
      syncFile(partial);
      await rename(partial, path);
    },
    discard: () => rm(partial, { force: true }),
  };
}

function elementOf({ name, kind }: ExportColumn): SchemaElement {
  return { name, repetition_type: 'OPTIONAL', ...elements[kind] };
}

function columnOf({ name, kind }: ExportColumn, index: number, rows: readonly ExportRow[]): ColumnSource {
  const read = readers[kind];
  const data = rows.map((row) => {
    const text = row[index] ?? null;
    return text === null ? null : read(text);
  });
  return { name, data };
}

const readers = {
  integer: BigInt,
  instant: BigInt,
  text: (text: string) => text,
  uuid: (text: string) => text,
  boolean: (text: string) => text === 't',
} as const satisfies Readonly<Record<ExportColumn['kind'], (text: string) => unknown>>;

function syncFile(path: string): void {
  const file = openSync(path, 'r+');
  fsyncSync(file);
  closeSync(file);
}
