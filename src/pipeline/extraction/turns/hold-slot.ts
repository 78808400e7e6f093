import { isUrgent } from '../../../store/ledger/task-ledger.ts';
import type { ActiveTask, TaskDeps } from '../active-task.ts';

/** How long a task may go on with its slot. */
export interface Turn {
  /**
   * Waits until the next page may be requested: for the gate, and for another slot where this one is too many by now,
   * or where a sync waits for it.
   */
  readonly beforeNextPage: () => Promise<void>;
  /** Exchanges a slot that became too many while the request waited at the gate; true where it did. */
  readonly keepTurn: () => Promise<boolean>;
  /** Gives slot and place to other tasks: no further request is made, and what is left to do takes next to nothing. */
  readonly endTurn: () => void;
}

/** Does work of a task while it holds a slot of its account. */
export async function holdSlot<Result>(
  { task, account, refused, signals, leavePlace }: ActiveTask,
  { gate, slots }: Pick<TaskDeps, 'gate' | 'slots'>,
  work: (turn: Turn) => Promise<Result>,
): Promise<Result> {
  const { accountId } = task;
  const urgency = isUrgent(task) ? 'urgent' : 'low';
  // A slot that is held while the gate is closed would exceed the reduced number when work resumes.
  await gate.waitToPrepare(account.client, signals.stop);
  let slot = await slots.acquire(accountId, signals.stop, urgency);
  const { stop } = refused;
  const exchange = async (): Promise<void> => {
    slot.release();
    slot = await slots.acquire(accountId, stop, urgency);
  };
  const beforeNextPage = async (): Promise<void> => {
    await gate.waitToPrepare(account.client, stop);
    const mustRelease =
      slots.isInExcess(accountId, slot) || (urgency === 'low' && (await slots.isUrgentWaiting(accountId)));
    if (mustRelease) await exchange();
  };
  const keepTurn = async (): Promise<boolean> => {
    const mustRelease = slots.isInExcess(accountId, slot);
    if (mustRelease) await exchange();
    return mustRelease;
  };
  const endTurn = (): void => {
    slot.release();
    leavePlace();
  };
  try {
    refused.signal.throwIfAborted();
    return await work({ beforeNextPage, keepTurn, endTurn });
  } finally {
    slot.release();
  }
}
