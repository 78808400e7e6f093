import type { EventColumns, GenerationFrame } from './columns.ts';

/** Batch of the first mail of a triggered send; each mail has a batch of its own. */
export const firstTriggeredBatch = 1000;

/** The position of the mail that an event belongs to, among the job's mails. */
export function mailOf(frame: GenerationFrame, columns: EventColumns, at: number): number {
  return frame.spec.kind === 'triggered'
    ? (columns.batch[at] ?? 0) - firstTriggeredBatch
    : (columns.subscriber[at] ?? 0);
}
