import { createWorld } from '../../../../simulator/world/world.ts';
import type { JobSpec, SimulatedEventType, TruthEvent } from '../../../../simulator/world/truth.ts';

const now = new Date('2026-07-01T12:00:00Z');
const counts = {
  ...{ sent: 4000, open: 2400, click: 300, bounce: 120, unsub: 40 },
  ...{ not_sent: 90, forward: 12, forward_opt_in: 5, survey: 60 },
};
const list: JobSpec = {
  accountId: 1,
  jobId: 10,
  kind: 'list',
  createdAt: new Date('2026-06-01T00:00:00Z'),
  sentAt: new Date('2026-06-01T02:00:00Z'),
  counts,
};
const triggered: JobSpec = { ...list, jobId: 11, kind: 'triggered', sentAt: null };
const types = [
  ...(['sent', 'open', 'click', 'bounce', 'unsub', 'not_sent'] as const),
  ...(['forward', 'forward_opt_in', 'survey'] as const),
];

const mailOf = ({ batchId, subscriberKey }: TruthEvent): string => `${batchId ?? ''}/${subscriberKey ?? ''}`;

describe.each([list, triggered])('a $kind send with all event types', (spec) => {
  const world = createWorld({ seed: 5, now, jobSpecs: [spec] });
  const eventsOf = (type: SimulatedEventType): TruthEvent[] => [...world.events(type)];
  const mailsOf = (type: SimulatedEventType): Set<string> => new Set(eventsOf(type).map(mailOf));
  const firstsOf = (type: SimulatedEventType): Map<string, number> =>
    new Map(
      eventsOf(type)
        .toReversed()
        .map((event) => [mailOf(event), event.occurredAt]),
    );

  it.each(types)('has as many %s events as requested, no two of them equal', (type) => {
    const told = eventsOf(type).map((event) => JSON.stringify({ ...event, availableAt: 0 }));
    expect(told).toHaveLength(counts[type]);
    expect(new Set(told).size).toBe(counts[type]);
    expect(world.count(type, undefined, undefined, now)).toBe(counts[type]);
  });

  it('has no open, click or response to a mail that bounced', () => {
    const bounced = mailsOf('bounce');
    for (const type of ['open', 'click', 'unsub', 'forward', 'survey'] as const)
      expect(eventsOf(type).filter((event) => bounced.has(mailOf(event)))).toEqual([]);
    const mails = mailsOf('sent');
    expect([...bounced].filter((mail) => !mails.has(mail))).toEqual([]);
  });

  it('bounces at once or, softly, again with each retry for up to three days', () => {
    const byMail = Map.groupBy(eventsOf('bounce'), mailOf);
    const kinds = [...byMail.values()].map((events) => events.map((one) => one.properties?.['EventType']));
    expect(kinds.some((kind) => kind.length > 2 && kind.every((one) => one === 'SoftBounce'))).toBe(true);
    expect(new Set(kinds.flat())).toEqual(new Set(['HardBounce', 'SoftBounce', 'OtherBounce']));
    const spans = [...byMail.values()].map(
      (events) => (events.at(-1)?.occurredAt ?? 0) - (events[0]?.occurredAt ?? 0),
    );
    expect(Math.max(...spans)).toBeGreaterThan(3_600_000);
    expect(Math.max(...spans)).toBeLessThan(4 * 86_400_000);
    // A hard bounce ends it: nothing is tried again.
    expect(kinds.filter((kind) => kind.slice(0, -1).includes('HardBounce'))).toEqual([]);
  });

  it.each([
    ['unsub', 'open'],
    ['forward', 'open'],
    ['survey', 'open'],
    ['forward_opt_in', 'forward'],
  ] as const)('has each %s after an event %s of the same mail', (type, cause) => {
    const causes = firstsOf(cause);
    for (const event of eventsOf(type))
      expect(event.occurredAt).toBeGreaterThan(causes.get(mailOf(event)) ?? Infinity);
  });

  it('holds mails back from people who got none, and shows it when the job is done', () => {
    const mails = mailsOf('sent');
    expect(eventsOf('not_sent').filter((event) => mails.has(mailOf(event)))).toEqual([]);
    if (spec.sentAt === null) return;
    for (const event of eventsOf('not_sent'))
      expect(event.availableAt).toBeGreaterThan(spec.sentAt.getTime());
  });

  it('leaves sent, open and click events as they are without the others', () => {
    const { sent, open, click } = counts;
    const plain = createWorld({ seed: 5, now, jobSpecs: [{ ...spec, counts: { sent, open, click } }] });
    for (const type of ['sent', 'open', 'click'] as const)
      expect(eventsOf(type)).toEqual([...plain.events(type)]);
  });
});

describe('machines', () => {
  const machines = { scanners: 0.05, sandboxes: 0.02, privacyOpens: 0.3, doubleTaps: 0.1 };
  const spec: JobSpec = { ...list, sentAt: new Date('2026-06-01T00:10:00Z') };
  const world = createWorld({ seed: 5, now, jobSpecs: [spec], machines });
  const sentAt = new Map([...world.events('sent')].map((event) => [mailOf(event), event.occurredAt]));
  const made = (type: 'open' | 'click', origin: string | undefined): TruthEvent[] =>
    [...world.events(type)].filter((event) => event.origin === origin);
  const secondsAfterSend = (event: TruthEvent): number =>
    (event.occurredAt - (sentAt.get(mailOf(event)) ?? 0)) / 1000;

  it('come on top of what people do', () => {
    expect(made('open', undefined)).toHaveLength(counts.open);
    expect(made('click', undefined)).toHaveLength(counts.click);
    const plain = createWorld({ seed: 5, now, jobSpecs: [spec] });
    expect(made('click', undefined)).toEqual([...plain.events('click')]);
  });

  it.each([
    ['scanner', 2, 10.1],
    ['sandbox', 900, 1803],
  ] as const)('a %s clicks every link within two seconds, %d to %d s after the send', (origin, from, to) => {
    const groups = [...Map.groupBy(made('click', origin), mailOf).values()];
    expect(groups.length).toBeGreaterThan(40);
    for (const clicks of groups) {
      expect(new Set(clicks.map((event) => event.urlId)).size).toBe(5);
      expect((clicks.at(-1)?.occurredAt ?? 0) - (clicks[0]?.occurredAt ?? 0)).toBeLessThanOrEqual(2010);
      for (const seconds of clicks.map(secondsAfterSend)) {
        expect(seconds).toBeGreaterThanOrEqual(from - 0.01);
        expect(seconds).toBeLessThan(to);
      }
    }
  });

  it('fetch the images of three mails in ten within twelve hours, read by a person or not', () => {
    const opens = made('open', 'privacy');
    expect(opens.length / counts.sent).toBeCloseTo(0.3, 1);
    for (const seconds of opens.map(secondsAfterSend)) expect(seconds).toBeLessThan(12 * 3600 + 1);
  });

  it('reach nobody whose mail bounced', () => {
    const bounced = new Set([...world.events('bounce')].map(mailOf));
    for (const type of ['open', 'click'] as const)
      expect([...world.events(type)].filter((event) => bounced.has(mailOf(event)))).toEqual([]);
  });

  it('a double tap follows a click of the same person and adds one link at most', () => {
    const clicks = Map.groupBy(made('click', undefined), mailOf);
    const taps = made('click', 'double-tap');
    expect(taps.length).toBeGreaterThan(10);
    for (const tap of taps) {
      const before = (clicks.get(mailOf(tap)) ?? []).filter(
        (click) => tap.occurredAt - click.occurredAt >= 0 && tap.occurredAt - click.occurredAt < 1300,
      );
      expect(before.length).toBeGreaterThan(0);
      expect(new Set([tap, ...before].map((event) => event.urlId)).size).toBeLessThan(3);
    }
  });
});
