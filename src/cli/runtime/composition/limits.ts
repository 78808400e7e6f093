import type { Config } from '../../../config/config.ts';
import type { EventDefinition } from '../../../events/define-event.ts';

/**
 * A window is expected to have at most 200 pages. A large job gets smaller windows, down to 25 pages, so that
 * they fill the slots evenly. A window of more than 400 pages is split in halves.
 */
const pagesPerWindow = { least: 25, expected: 200, max: 400 };
const partsPerSlot = 4;

/** How large the pages and windows of a task are. */
export function taskLimits({ pageSize }: Config) {
  return { pageSize, pagesMax: pagesPerWindow.max };
}

/** How much a worker takes at a time, given the number of its accounts. */
export function workerLimits(config: Config, accounts: number) {
  const perAccount = config.concurrencyPerAccount;
  const slotsMax = processSlots(config, accounts);
  return {
    slotsMax,
    // Twice the slots: while some tasks read, others are claimed or released.
    concurrency: slotsMax * 2,
    concurrencyPerAccount: perAccount * 2,
  };
}

/** Retrieves that a process may have in flight at once. */
export function processSlots(
  { concurrencyPerAccount, concurrencyPerProcess }: Config,
  accounts: number,
): number {
  return Math.min(Math.max(accounts, 1) * concurrencyPerAccount, concurrencyPerProcess);
}

/** How far a run reads, and how large its windows are. */
export function runLimits(config: Config) {
  return {
    pageSize: config.pageSize,
    readsTail: config.tail === 'auto',
    readsArrivals: config.arrivals === 'on',
    lookbackMs: config.jobLookbackMs,
    settlingMs: config.settlingMs,
    overlapMs: (definition: EventDefinition) => config.overlapMs ?? definition.overlapMinutes * 60_000,
    sizing: {
      eventsMax: pagesPerWindow.expected * config.pageSize,
      eventsMin: pagesPerWindow.least * config.pageSize,
      partsWanted: partsPerSlot * config.concurrencyPerAccount,
    },
  };
}
