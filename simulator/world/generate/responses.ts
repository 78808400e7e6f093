import { surveyShape } from '../event-details.ts';
import { createRandom } from '../random.ts';
import {
  columnsOf,
  type EventColumns,
  type EventRow,
  type GenerationFrame,
  separate,
  setLateness,
} from './columns.ts';

export type ResponseType = 'unsub' | 'forward' | 'forward_opt_in' | 'survey';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const streams: Readonly<Record<ResponseType, number>> = {
  unsub: 5,
  forward: 7,
  forward_opt_in: 8,
  survey: 9,
};

/** What people did after another event of theirs: each row follows one of `causes` (opens, or forwards). */
export function generateResponses(
  frame: GenerationFrame,
  type: ResponseType,
  count: number,
  causes: EventColumns,
): EventColumns {
  const random = createRandom(frame.seed, frame.spec.accountId, frame.spec.jobId, streams[type]);
  const rows: EventRow[] = [];
  const people = new Set<number>();
  // A few draws more than wanted: most people do it once, and some had done it before.
  for (let draw = 0; draw < count * 4 && rows.length < count && causes.occurredAt.length > 0; draw += 1) {
    const at = Math.floor(random() * causes.occurredAt.length);
    const subscriber = causes.subscriber[at] ?? 0;
    if (type !== 'forward_opt_in' && people.has(subscriber)) continue;
    people.add(subscriber);
    const cause = { occurredAt: causes.occurredAt[at] ?? 0, subscriber, batch: causes.batch[at] ?? 0 };
    for (const row of follow(type, cause, draw, random))
      if (row.occurredAt <= frame.lastEventAt && rows.length < count) rows.push(row);
  }
  const columns = columnsOf(rows, frame);
  const { occurredAt, subscriber } = columns;
  // A form arrives whole, at one instant.
  const isSameForm = (at: number): boolean => type === 'survey' && subscriber[at] === subscriber[at - 1];
  separate(occurredAt, isSameForm);
  setLateness(frame, columns, random);
  return columns;
}

function follow(
  type: ResponseType,
  cause: Omit<EventRow, 'detail'>,
  draw: number,
  random: () => number,
): EventRow[] {
  const after = (ms: number): number => cause.occurredAt + ms;
  switch (type) {
    case 'unsub': {
      const isFromAll = random() < 0.15;
      return [{ ...cause, occurredAt: after(5000 + random() * 5 * minuteMs), detail: isFromAll ? 1 : 0 }];
    }
    case 'forward':
      return [{ ...cause, occurredAt: after(20_000 + random() * 30 * minuteMs), detail: 0 }];
    case 'forward_opt_in':
      return [{ ...cause, occurredAt: after(minuteMs + random() * 24 * hourMs), detail: draw % 256 }];
    case 'survey': {
      const occurredAt = after(minuteMs + random() * 10 * minuteMs);
      const questions = 1 + Math.floor(random() * surveyShape.questions);
      return Array.from({ length: questions }, (_, question) => ({
        ...cause,
        occurredAt,
        detail: question * surveyShape.choices + Math.floor(random() * surveyShape.choices),
      }));
    }
  }
}
