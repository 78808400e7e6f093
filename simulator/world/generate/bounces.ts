import { bounceNumbers } from '../event-details.ts';
import { createRandom } from '../random.ts';
import { hasKey } from '../subscribers.ts';
import {
  columnsOf,
  type EventColumns,
  type EventRow,
  type GenerationFrame,
  separate,
  setLateness,
} from './columns.ts';
import { mailOf } from './mail-of.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

// A mail server retries after these delays and then gives up.
const retryDelaysMs = [15 * minuteMs, hourMs, 6 * hourMs, 24 * hourMs, 72 * hourMs];

/**
 * Bounces of a job: of mails without an open or click, most at once and for good, some soft and repeated with
 * each retry for up to three days.
 */
export function generateBounces(
  frame: GenerationFrame,
  count: number,
  sent: EventColumns,
  reactions: readonly EventColumns[],
): EventColumns {
  const random = createRandom(frame.seed, frame.spec.accountId, frame.spec.jobId, 4);
  const isTaken = markMails(frame, sent, reactions);
  const rows: EventRow[] = [];
  while (rows.length < count) {
    const mail = pickFree(isTaken, random);
    if (mail === undefined) break;
    isTaken[mail] = 1;
    const one = {
      subscriber: sent.subscriber[mail] ?? 0,
      batch: sent.batch[mail] ?? 0,
    };
    if (!hasKey(one.subscriber)) continue;
    const attempts = drawAttempts((sent.occurredAt[mail] ?? 0) + 500 + random() * 30_000, random)
      .filter(({ occurredAt }) => occurredAt <= frame.lastEventAt)
      .slice(0, count - rows.length);
    for (const attempt of attempts) rows.push({ ...one, ...attempt });
  }
  const columns = columnsOf(rows, frame);
  separate(columns.occurredAt, () => false);
  setLateness(frame, columns, random);
  return columns;
}

type Attempt = Pick<EventRow, 'occurredAt' | 'detail'>;

/** What the receiving server says of one mail, attempt after attempt. */
function drawAttempts(firstAt: number, random: () => number): Attempt[] {
  const draw = random();
  if (draw < 0.4) return [{ occurredAt: firstAt, detail: bounceNumbers.unknownUser }];
  if (draw < 0.5) return [{ occurredAt: firstAt, detail: bounceNumbers.unknownDomain }];
  if (draw < 0.62) return [{ occurredAt: firstAt, detail: bounceNumbers.blocked }];
  if (draw < 0.68) return [{ occurredAt: firstAt, detail: bounceNumbers.technical }];
  const isFull = random() < 0.6;
  const retries = 1 + Math.floor(random() * retryDelaysMs.length);
  const retried = retryDelaysMs.slice(0, retries).map((delayMs) => ({
    occurredAt: firstAt + delayMs + random() * minuteMs,
    detail: isFull ? bounceNumbers.mailboxStillFull : bounceNumbers.unavailable,
  }));
  const first = isFull ? bounceNumbers.mailboxFull : bounceNumbers.unavailable;
  const end = retried.at(-1);
  const isGivenUp = retries === retryDelaysMs.length && random() < 0.5;
  return [
    { occurredAt: firstAt, detail: first },
    ...retried,
    ...(isGivenUp && end !== undefined
      ? [{ occurredAt: end.occurredAt + minuteMs, detail: bounceNumbers.gaveUp }]
      : []),
  ];
}

/** One byte per mail, set where it has an open or click. */
function markMails(
  frame: GenerationFrame,
  sent: EventColumns,
  reactions: readonly EventColumns[],
): Uint8Array {
  const marks = new Uint8Array(sent.occurredAt.length);
  for (const columns of reactions)
    for (let at = 0; at < columns.occurredAt.length; at += 1) marks[mailOf(frame, columns, at)] = 1;

  return marks;
}

/** A mail that is not taken, at or after a random place; undefined where all are. */
function pickFree(isTaken: Uint8Array, random: () => number): number | undefined {
  const start = Math.floor(random() * isTaken.length);
  const after = isTaken.indexOf(0, start);
  const mail = after >= 0 ? after : isTaken.indexOf(0);
  return mail >= 0 ? mail : undefined;
}
