import { isUrgent } from '../../../store/ledger/task-ledger.ts';
import type { ActiveTask, TaskDeps } from '../active-task.ts';

/**
 * Waits until the next page may be requested: for the gate, and for another slot where this one is too many by now, or
 * where a sync waits for it.
 */
export type BeforeNextPage = () => Promise<void>;

/** Does work of a task while it holds a slot of its account. */
export async function holdSlot<Result>(
  { task, account, refused, signals }: ActiveTask,
  { gate, slots }: Pick<TaskDeps, 'gate' | 'slots'>,
  work: (beforeNextPage: BeforeNextPage) => Promise<Result>,
): Promise<Result> {
  const { accountId } = task;
  const urgency = isUrgent(task) ? 'urgent' : 'low';
  // A slot that is held while the gate is closed would exceed the reduced number when work resumes.
  await gate.waitToPrepare(account.client, signals.stop);
  let slot = await slots.acquire(accountId, signals.stop, urgency);
  const stop = AbortSignal.any([signals.stop, refused.signal]);
  try {
    refused.signal.throwIfAborted();
    return await work(async () => {
      await gate.waitToPrepare(account.client, stop);
      const mustRelease =
        slots.isInExcess(accountId, slot) || (urgency === 'low' && (await slots.isUrgentWaiting(accountId)));
      if (!mustRelease) return;
      slot.release();
      slot = await slots.acquire(accountId, stop, urgency);
    });
  } finally {
    slot.release();
  }
}
