import { notSentCauses } from '../event-details.ts';
import { createRandom } from '../random.ts';
import { columnsOf, type EventColumns, type GenerationFrame, separate, setLateness } from './columns.ts';
import { firstTriggeredBatch } from './mail-of.ts';

/**
 * Mails that were held back, to people who were not mailed.
 *
 * Marketing Cloud: those of a list send appear when the whole job is done, those of a triggered one shortly after.
 */
export function generateNotSent(frame: GenerationFrame, count: number, mails: number): EventColumns {
  const random = createRandom(frame.seed, frame.spec.accountId, frame.spec.jobId, 6);
  const isTriggered = frame.spec.kind === 'triggered';
  const spanMs = Math.max(frame.endAt - frame.startAt, 1);
  const rows = Array.from({ length: count }, (_, at) => ({
    occurredAt: frame.startAt + random() * spanMs,
    subscriber: mails + at,
    batch: isTriggered ? firstTriggeredBatch + mails + at : 1,
    // The first causes are the usual ones.
    detail: Math.floor(random() ** 2 * notSentCauses.length),
  }));
  const columns = columnsOf(rows, frame);
  separate(columns.occurredAt, () => false);
  setLateness(frame, columns, random);
  if (!isTriggered) waitForEnd(frame, columns);
  return columns;
}

function waitForEnd(frame: GenerationFrame, { occurredAt, lateByMs }: EventColumns): void {
  const appearsAt = Math.min(frame.endAt + 60_000, frame.worldNow);
  for (let at = 0; at < occurredAt.length; at += 1)
    lateByMs[at] = Math.max(lateByMs[at] ?? 0, appearsAt - (occurredAt[at] ?? 0));
}
