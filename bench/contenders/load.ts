import type { OwnedTask } from '../../src/store/ledger/task-ledger.ts';
import { createEventLoader, isCopied } from '../../src/store/load/event-loader.ts';
import { finishOf, type PageToCommit } from '../../src/store/load/page-to-commit.ts';
import { createPartitionKeeper } from '../../src/store/load/partitions.ts';
import { createPool, onConnection, type Queryable } from '../../src/store/connection/pool.ts';
import type { ContenderOptions, Work } from '../processes/work.ts';
import { type Batch, definitionOf } from '../support/events.ts';
import { columnsOf } from '../support/pages.ts';
import { takeTaskFor } from '../support/tables.ts';

/** Our loader on generated columns: every event is new. */
export function loadOurs(options: ContenderOptions): Work {
  return loadBatches(options, true, (round) => (options.firstBatch ?? 0) + round);
}

/** The same, with statements that pass another's hands on their way to the pool. */
export function loadThrough(options: ContenderOptions, through: Through): Work {
  return loadBatches(options, true, (round) => (options.firstBatch ?? 0) + round, through);
}

type Through = <Client extends Queryable>(client: Client) => Client;

/** The same on pages that are there already: nothing is to be written but the task's progress. */
export async function loadOursAgain(options: ContenderOptions): Promise<Work> {
  const work = loadBatches(options, false, () => options.firstBatch ?? 0);
  await work.prepare?.(0);
  await work.run(0);
  return work;
}

function loadBatches(
  options: ContenderOptions,
  isInsertOnly: boolean,
  batchNumber: (round: number) => number,
  through: Through = (client) => client,
): Work {
  const { type, pages, pagesPerTurn = pages, databaseUrl = '', isTriggered, order } = options;
  const turnsPerBatch = pages / pagesPerTurn;
  const definition = definitionOf(type);
  const pool = createPool({ databaseUrl, connectionsMax: 1, applicationName: 'bench' });
  const loaded = through(pool);
  const loader = createEventLoader();
  const partitions = createPartitionKeeper({ pool });
  let columns: ReturnType<typeof columnsOf>[] = [];
  let firstPage = 0;
  let task: OwnedTask | undefined;
  let inserted = 0;
  const load = (page: PageToCommit) =>
    isCopied(page, isInsertOnly)
      ? loader.copyPage(page, (work) => onConnection(pool, (client) => work(through(client))))
      : loader.loadPage(loaded, page, isInsertOnly);
  return {
    async prepare(turn) {
      firstPage = (turn % turnsPerBatch) * pagesPerTurn;
      const number = batchNumber(Math.floor(turn / turnsPerBatch));
      const batch: Batch = { type, pages, number, isTriggered, order };
      columns = Array.from({ length: pagesPerTurn }, (_, at) => columnsOf(batch, firstPage + at));
      if (firstPage === 0) task = await takeTaskFor(pool, batch);
    },
    async run() {
      inserted = 0;
      if (task === undefined) return 0;
      for (const [at, rows] of columns.entries()) {
        await partitions.ensureMonthsOf(definition.table, rows);
        const isLast = firstPage + at === pages - 1;
        const { pages: committed, insertedCount } = await load({
          ...{ task, definition, columns: rows, rejected: [], requestCount: 1, mergesFiles: false },
          ...{ privacyVersion: 0, keptOut: 0 },
          ...{ requestId: 'f2b1a7c0-1111-4222-8333-444455556666', finish: finishOf(task, isLast) },
        });
        if (committed === undefined) throw new Error('the task is not ours any more');
        inserted += insertedCount;
      }
      return columns.reduce((sum, { rowCount }) => sum + rowCount, 0);
    },
    details: () => Promise.resolve({ inserted }),
    stop: () => pool.end(),
  };
}
