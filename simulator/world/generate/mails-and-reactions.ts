import { linksPerJob } from '../links.ts';
import { createRandom } from '../random.ts';
import {
  allocate,
  type EventColumns,
  type GenerationFrame,
  separate,
  setLateness,
  toTick,
} from './columns.ts';
import { firstTriggeredBatch } from './mail-of.ts';

const hourMs = 3_600_000;

/** Mails of a job: one per subscriber for a list send, one after the other for months for a triggered one. */
export function generateSent(frame: GenerationFrame, count: number): EventColumns {
  const random = createRandom(frame.seed, frame.spec.accountId, frame.spec.jobId, 1);
  const columns = allocate(count, false);
  const { occurredAt, subscriber, batch } = columns;
  const isTriggered = frame.spec.kind === 'triggered';
  const spanMs = Math.max(frame.endAt - frame.startAt, 1);
  if (isTriggered) {
    for (let at = 0; at < count; at += 1) occurredAt[at] = frame.startAt + random() * spanMs;
    separate(occurredAt.sort(), () => false);
  }
  const population = Math.ceil(count / 3) + 20;
  for (let at = 0; at < count; at += 1) {
    // Marketing Cloud: mails of one send share an EventDate; here every third shares it with the one before.
    if (!isTriggered)
      occurredAt[at] = toTick(frame.startAt + ((at % 3 === 1 ? at - 1 : at) / count) * spanMs);

    subscriber[at] = isTriggered ? Math.floor(random() * population) : at;
    batch[at] = isTriggered ? firstTriggeredBatch + at : 1;
  }
  setLateness(frame, columns, random);
  return columns;
}

/** Opens or clicks of a job: most on the first day, fewer for weeks, each by a subscriber who was mailed before. */
export function generateReactions(
  frame: GenerationFrame,
  type: 'open' | 'click',
  count: number,
  sent: EventColumns,
): EventColumns {
  const isClick = type === 'click';
  const random = createRandom(frame.seed, frame.spec.accountId, frame.spec.jobId, isClick ? 3 : 2);
  const columns = allocate(count, isClick);
  drawReactionTimes(frame, columns.occurredAt, random);
  // Two links at one instant are two clicks; nothing else may share its instant unless the job asks for it.
  const isPair = (at: number): boolean => isClick && at % 50 === 49;
  const equalEvery = frame.spec.equalEvery ?? 0;
  const isEqual = (at: number): boolean => equalEvery > 1 && at % equalEvery === 1;
  separate(columns.occurredAt, (at) => isPair(at) || isEqual(at));

  const { occurredAt, subscriber, batch, detail: link } = columns;
  let mailed = 0;
  for (let at = 0; at < count; at += 1) {
    while (mailed < sent.occurredAt.length && (sent.occurredAt[mailed] ?? 0) <= (occurredAt[at] ?? 0))
      mailed += 1;

    const repeats = at > 0 && (isPair(at) || isEqual(at) || (isClick && at % 20 === 7));
    if (repeats) {
      subscriber[at] = subscriber[at - 1] ?? 0;
      batch[at] = batch[at - 1] ?? 0;
      if (isClick) link[at] = ((link[at - 1] ?? 0) + (isPair(at) ? 1 : 0)) % linksPerJob;
      continue;
    }
    const mail = pickMail(frame, mailed, random);
    subscriber[at] = sent.subscriber[mail] ?? Math.floor(random() * 1000);
    batch[at] = sent.batch[mail] ?? 1;
    // The last link's URL is thousands of characters long: rare, or every page would be mostly that.
    if (isClick) link[at] = at % 400 === 11 ? linksPerJob - 1 : Math.floor(random() * (linksPerJob - 1));
  }
  setLateness(frame, columns, random);
  return columns;
}

function drawReactionTimes(frame: GenerationFrame, occurredAt: Float64Array, random: () => number): void {
  const spanMs = Math.max(frame.lastEventAt - frame.startAt, 1);
  for (let at = 0; at < occurredAt.length; at += 1) {
    const delayMs = 20_000 - Math.log(1 - random()) * 18 * hourMs;
    const isSpread = frame.spec.kind === 'triggered' || delayMs > spanMs || random() < 0.03;
    occurredAt[at] = frame.startAt + (isSpread ? random() * spanMs : delayMs);
  }
  occurredAt.sort();
}

/** A mail of a list send is as likely as any other; of a triggered one the latest are. */
function pickMail(frame: GenerationFrame, mailed: number, random: () => number): number {
  if (frame.spec.kind === 'list') return Math.floor(random() * mailed);
  return Math.max(0, mailed - 1 - Math.floor(random() ** 3 * 40));
}
