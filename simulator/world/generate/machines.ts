import { linksPerJob } from '../links.ts';
import { createRandom } from '../random.ts';
import { hasKey } from '../subscribers.ts';
import type { EventOrigin, MachineShares } from '../truth.ts';
import { columnsOf, type EventColumns, type EventRow, type GenerationFrame, setLateness } from './columns.ts';
import { mailOf } from './mail-of.ts';

/** Opens and clicks that one kind of machine, or a finger too quick, adds to those of people. */
export interface MachineEvents {
  readonly origin: EventOrigin;
  readonly open: EventColumns;
  readonly click: EventColumns;
}

export interface HumanEvents {
  readonly sent: EventColumns;
  readonly click: EventColumns;
  readonly bounce: EventColumns;
}

interface Mail {
  readonly sentAt: number;
  readonly subscriber: number;
  readonly batch: number;
}

interface Drawn {
  readonly open: EventRow[];
  readonly click: EventRow[];
}

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** What machines do with the delivered mails of a job; mails that bounced reach none. */
export function generateMachines(
  frame: GenerationFrame,
  shares: MachineShares,
  human: HumanEvents,
): MachineEvents[] {
  const { scanners = 0, sandboxes = 0, privacyOpens = 0, doubleTaps = 0 } = shares;
  const mails = deliveredMails(frame, human);
  const { accountId, jobId } = frame.spec;
  const randomFor = (stream: number): (() => number) => createRandom(frame.seed, accountId, jobId, stream);
  const each = (stream: number, origin: EventOrigin, share: number, act: Act): MachineEvents[] => {
    if (share <= 0) return [];
    const random = randomFor(stream);
    const drawn: Drawn = { open: [], click: [] };
    for (const mail of mails()) if (random() < share) act(mail, drawn, random);
    return [finish(frame, origin, drawn, random)];
  };
  const tap = randomFor(13);
  return [
    ...each(10, 'scanner', scanners, scan),
    ...each(11, 'sandbox', sandboxes, detonate),
    ...each(12, 'privacy', privacyOpens, prefetch),
    ...(doubleTaps > 0
      ? [finish(frame, 'double-tap', { open: [], click: doubleTap(human.click, doubleTaps, tap) }, tap)]
      : []),
  ];
}

type Act = (mail: Mail, drawn: Drawn, random: () => number) => void;

/** A gateway that follows every link within seconds of the send; half of them load the images too. */
function scan(mail: Mail, drawn: Drawn, random: () => number): void {
  const startAt = mail.sentAt + 2000 + random() * 6000;
  clickAll(mail, startAt, 300 + random() * 1700, drawn);
  if (random() < 0.5) drawn.open.push(rowOf(mail, startAt, 0));
}

/** A sandbox that opens the mail and every link some twenty minutes later. */
function detonate(mail: Mail, drawn: Drawn, random: () => number): void {
  const startAt = mail.sentAt + (15 + random() * 15) * minuteMs;
  drawn.open.push(rowOf(mail, startAt, 0));
  clickAll(mail, startAt, 300 + random() * 1700, drawn);
}

/** A mail program that fetches all images when the device is next online, read or not. */
function prefetch(mail: Mail, drawn: Drawn, random: () => number): void {
  drawn.open.push(rowOf(mail, mail.sentAt + random() * 12 * hourMs, 0));
}

/** People who touch the picture and the text beneath it, or one link twice: never three links. */
function doubleTap(click: EventColumns, share: number, random: () => number): EventRow[] {
  const { occurredAt, subscriber, batch, detail } = click;
  const rows: EventRow[] = [];
  for (let at = 0; at < occurredAt.length; at += 1) {
    const isPair = subscriber[at] === subscriber[at - 1] || subscriber[at] === subscriber[at + 1];
    if (random() >= share || isPair || !hasKey(subscriber[at] ?? 0)) continue;
    const link = detail[at] ?? 0;
    const mail = { sentAt: occurredAt[at] ?? 0, subscriber: subscriber[at] ?? 0, batch: batch[at] ?? 0 };
    rows.push(
      rowOf(mail, mail.sentAt + 200 + random() * 1000, random() < 0.5 ? link : (link + 1) % linksPerJob),
    );
  }
  return rows;
}

function clickAll(mail: Mail, startAt: number, spanMs: number, drawn: Drawn): void {
  for (let link = 0; link < linksPerJob; link += 1)
    drawn.click.push(rowOf(mail, startAt + (link * spanMs) / (linksPerJob - 1), link));
}

function rowOf({ subscriber, batch }: Mail, occurredAt: number, detail: number): EventRow {
  return { occurredAt, subscriber, batch, detail };
}

function finish(
  frame: GenerationFrame,
  origin: EventOrigin,
  drawn: Drawn,
  random: () => number,
): MachineEvents {
  const open = columnsOf(drawn.open, frame);
  const click = columnsOf(drawn.click, frame);
  setLateness(frame, open, random);
  setLateness(frame, click, random);
  return { origin, open, click };
}

function deliveredMails(frame: GenerationFrame, { sent, bounce }: HumanEvents): () => Iterable<Mail> {
  const bounced = new Uint8Array(sent.occurredAt.length);
  for (let at = 0; at < bounce.occurredAt.length; at += 1) bounced[mailOf(frame, bounce, at)] = 1;
  return function* () {
    for (let at = 0; at < bounced.length; at += 1) {
      const subscriber = sent.subscriber[at] ?? 0;
      if (bounced[at] === 1 || !hasKey(subscriber)) continue;
      yield { sentAt: sent.occurredAt[at] ?? 0, subscriber, batch: sent.batch[at] ?? 0 };
    }
  };
}
