import { humanCount } from '../../../operations/format.ts';
import type { ImportedFile } from '../../../pipeline/import/import-file.ts';
import { renderTable } from '../../terminal/table.ts';

/** What became of each file, as a table for a terminal of that width. */
export function importedFilesTable(files: readonly ImportedFile[], width: number): string {
  const columns = [
    { title: 'file', isKey: true },
    { title: 'holds', leavesAs: 1 },
    { title: 'records read', align: 'right' as const },
    { title: 'new', align: 'right' as const },
    { title: 'rejected', align: 'right' as const },
  ];
  const rows = files.map(({ name, eventType, records, inserted, rejected }) => [
    ...[name, eventType, humanCount(records), humanCount(inserted), humanCount(rejected)],
  ]);
  return renderTable(columns, rows, width);
}
