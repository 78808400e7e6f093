import { enterListsOfJobs, type ListOfFile, nameLists } from '../../store/import/fill-lists.ts';
import { idOf, type ImportDimension, readDimensionFile } from './dimension-file.ts';

/**
 * Reads Lists, after the files of events: jobs that SOAP has not read get the lists that their sent events name, and
 * lists without a name get the one of the file. What SOAP has read stays as it is.
 */
export const importLists: ImportDimension = (reading, file, deps) => {
  const entered = new Set<number>();
  return readDimensionFile(reading, file, deps, async (tx, records) => {
    const lists = records.flatMap((value): ListOfFile[] => {
      const accountId = idOf(value('clientid')) ?? reading.accountId;
      const listId = idOf(value('listid'));
      const name = value('listname') ?? value('name');
      return accountId === undefined || listId === undefined || name === null
        ? []
        : [{ accountId, listId, name }];
    });
    const accounts = [...new Set(lists.map(({ accountId }) => accountId))].filter((id) => !entered.has(id));
    const inserted = await enterListsOfJobs(tx, accounts);
    await nameLists(tx, lists);
    for (const accountId of accounts) entered.add(accountId);
    return inserted;
  });
};
