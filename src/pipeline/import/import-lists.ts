import { enterListsOfJobs, type ListOfFile, nameLists } from '../../store/import/fill-lists.ts';
import { advanceMerging, finishFile, type OwnedFile } from '../../store/import/imported-files.ts';
import { inTransaction } from '../../store/connection/pool.ts';
import { readChunks } from '../../tracking-extract/csv/csv-reader.ts';
import { normalized } from '../../tracking-extract/extract-layout.ts';
import { type DimensionReading, idOf, type ReadingDeps, textOf } from './import-jobs.ts';

/**
 * Reads Lists, after the files of events: jobs that SOAP has not read get the lists that their sent events name, and
 * lists without a name get the one of the file. What SOAP has read stays as it is.
 */
export async function importLists(
  { source, form, accountId }: DimensionReading,
  file: OwnedFile,
  { pool, signal, onBytes }: ReadingDeps,
): Promise<void> {
  const known = new Map(form.header.map((name, index) => [normalized(name), index]));
  const entered = new Set<number>();
  for await (const chunk of readChunks(source.name, form, source.open, form.start)) {
    signal.throwIfAborted();
    const lists = chunk.records.flatMap((fields): ListOfFile[] => {
      const value = (name: string) => textOf(fields[known.get(name) ?? -1]);
      const account = idOf(value('clientid')) ?? accountId;
      const listId = idOf(value('listid'));
      const name = value('listname') ?? value('name');
      return account === undefined || listId === undefined || name === null
        ? []
        : [{ accountId: account, listId, name }];
    });
    await inTransaction(pool, async (tx) => {
      const accounts = [...new Set(lists.map((list) => list.accountId))].filter((id) => !entered.has(id));
      const inserted = await enterListsOfJobs(tx, accounts);
      await nameLists(tx, lists);
      for (const account of accounts) entered.add(account);
      const to = { accountId: 0, second: '', groupHash: '' };
      await advanceMerging(tx, file, { to, records: chunk.records.length, inserted });
    });
    onBytes(chunk.next.offset);
  }
  await inTransaction(pool, (tx) => finishFile(tx, file));
}
