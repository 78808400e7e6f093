import { BudgetExceededError } from '../../../errors.ts';
import { findEventDefinition } from '../../../events/catalog.ts';
import { readRootEffort, type RootEffort } from '../../../store/planning/window-widths.ts';
import type { OwnedTask } from '../../../store/ledger/task-ledger.ts';
import type { Queryable } from '../../../store/connection/pool.ts';

/** Requests without a page that a planned window may cost, besides one for every two pages that it brought. */
const fruitlessMax = 60;

/** Records that any job may have: counters lag behind by an hour and more. */
const recordsMin = 5_000;

/** Events per mail: two devices open a mail, and machines follow each of its links. */
const recordsPerMailMax = { 'with-send': 4, reaction: 100 };

/** Pages of a planned window where no counter says how many records there are: two thousand million records. */
const pagesMax = 1_000_000;

/** @throws {BudgetExceededError} when the planned window of a task has cost many more requests than it brought pages. */
export async function requireFruit(database: Queryable, task: OwnedTask): Promise<void> {
  const { requests, pages } = await readRootEffort(database, task);
  if (requests - pages <= fruitlessMax + pages / 2) return;
  throw new BudgetExceededError(`${requests} requests brought ${pages} pages of the planned window`, {
    requests,
    pages,
  });
}

/** @throws {BudgetExceededError} when the planned window of a task has brought more than the counters of its job explain. */
export async function requireExplained(database: Queryable, task: OwnedTask): Promise<void> {
  const effort = await readRootEffort(database, task);
  const recordsMax = explainedRecords(effort, task);
  const { pages, records, numberSent } = effort;
  if (pages <= pagesMax && records <= recordsMax) return;
  throw new BudgetExceededError(
    `${records} records of the planned window were read, where NumberSent is ${numberSent ?? 'not known'}`,
    { pages, records, recordsMax, numberSent },
  );
}

function explainedRecords({ numberSent }: RootEffort, { eventType }: OwnedTask): number {
  const definition = findEventDefinition(eventType);
  if (numberSent === null || definition === undefined) return Infinity;
  return recordsMin + numberSent * recordsPerMailMax[definition.arrival];
}
