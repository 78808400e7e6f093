import type { Queryable } from '../connection/pool.ts';
import { finishTask } from '../load/checkpoints.ts';
import type { FinishedTask } from '../load/finish-statement.ts';
import { finishReading } from '../planning/discovery.ts';
import { finishTail } from '../tail/finish-tail.ts';
import type { TaskKind } from './task-ledger.ts';

/** What follows in the ledger from a task that is done, parked or accepted, in the transaction that made it so. */
export async function finishTaskOfKind(
  tx: Queryable,
  task: FinishedTask & { readonly kind: TaskKind },
  requestId: string | null,
): Promise<void> {
  switch (task.kind) {
    case 'events':
      await finishTask(tx, task, requestId);
      return;
    case 'dimension':
      await finishReading(tx, task);
      return;
    case 'tail':
      await finishTail(tx, task);
      return;
    case 'arrivals':
      return; // it finds events and proves nothing, so that nothing moves
  }
}
