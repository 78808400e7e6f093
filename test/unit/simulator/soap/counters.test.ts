import { type Simulator, startSimulator } from '../../../../simulator/http/server.ts';
import { createWorld } from '../../../../simulator/world/world.ts';
import type { JobSpec, SimulatedEventType, TruthEvent } from '../../../../simulator/world/truth.ts';
import { fetchToken, retrieve, simpleFilter, textOf } from './soap-client.ts';

const now = new Date('2026-07-01T12:00:00Z');
const accountId = 7_000_001;
const counts = {
  ...{ sent: 600, open: 300, click: 90, bounce: 40, unsub: 7 },
  ...{ not_sent: 50, forward: 5, forward_opt_in: 3, survey: 12 },
};
const list: JobSpec = {
  accountId,
  jobId: 10,
  kind: 'list',
  createdAt: new Date('2026-06-01T00:00:00Z'),
  sentAt: new Date('2026-06-01T02:00:00Z'),
  listIds: [201, 202],
  counts,
};
const triggered = {
  ...list,
  kind: 'triggered',
  sentAt: null,
  triggeredSendId: '6a1b0000-0000-4000-8000-000000000001',
} as const;
const specs: JobSpec[] = [
  list,
  { ...list, jobId: 11, delivery: { withheld: { every: 3 }, doubled: { every: 5 } } },
  { ...triggered, jobId: 20, triggeredSendStatus: 'Inactive' },
  { ...triggered, jobId: 21, createdAt: new Date('2026-06-10T00:00:00Z') },
];
const world = createWorld({ seed: 5, now, jobSpecs: specs, machines: { scanners: 0.05, doubleTaps: 0.1 } });
let simulator: Simulator;
let token: string;

beforeAll(async () => {
  simulator = await startSimulator({ world, now: () => now });
  token = await fetchToken(simulator);
});
afterAll(async () => {
  await simulator.stop();
});

/** Records as the texts of these properties, numbers as numbers. */
async function ask(
  objectType: string,
  properties: readonly string[],
  [key, value]: readonly [string, string],
): Promise<(string | number)[][]> {
  const filter = simpleFilter(key, 'equals', [value]);
  const { records } = await retrieve(simulator, token, { objectType, properties, filter });
  return records.map((record) =>
    properties.map((property) => {
      const text = textOf(record, property.split('.').at(-1) ?? '') ?? '';
      return /^\d+$/.test(text) ? Number(text) : text;
    }),
  );
}

function counted(type: SimulatedEventType, jobId = 10): TruthEvent[] {
  return world
    .countedSets(type, accountId, jobId)
    .flatMap((set) => Array.from({ length: set.size }, (_, index) => set.event(index)));
}

const mailOf = ({ batchId, subscriberKey }: TruthEvent): string => `${batchId ?? ''}/${subscriberKey ?? ''}`;
const mails = (events: readonly TruthEvent[]): number => new Set(events.map(mailOf)).size;
const people = (events: readonly TruthEvent[]): number =>
  new Set(events.map((event) => event.subscriberKey)).size;
const bouncesOf = (kind: string): TruthEvent[] =>
  counted('bounce').filter(({ properties }) => properties?.['EventType'] === kind);
const heldBack = (...causes: (string | undefined)[]): number =>
  counted('not_sent').filter(({ cause }) => causes.includes(cause)).length;

describe('counters of Send', () => {
  const expected = (): Record<string, number> => ({
    NumberSent: 600,
    NumberDelivered: 600 - mails(counted('bounce')),
    HardBounces: mails(bouncesOf('HardBounce')),
    SoftBounces: mails(bouncesOf('SoftBounce')),
    OtherBounces: mails(bouncesOf('OtherBounce')),
    UniqueOpens: people(counted('open')),
    UniqueClicks: people(counted('click')),
    Unsubscribes: 7,
    ForwardedEmails: 5,
    NumberErrored: heldBack('errored'),
    NumberExcluded: heldBack('excluded'),
    ExistingUnsubscribes: heldBack('unsubscribed'),
    ExistingUndeliverables: heldBack('undeliverable'),
    InvalidAddresses: heldBack('invalid'),
    NumberTargeted: 650,
  });

  it('agree with the events, machines included', async () => {
    const names = Object.keys(expected());
    expect(await ask('Send', names, ['ID', '10'])).toEqual([Object.values(expected())]);
    expect(counted('open').some(({ origin }) => origin === 'scanner')).toBe(true);
    expect(mails(bouncesOf('SoftBounce'))).toBeLessThan(bouncesOf('SoftBounce').length);
  });

  it('are the same where the service withholds and doubles', async () => {
    const names = ['NumberSent', 'UniqueOpens', 'HardBounces', 'Unsubscribes'];
    const [row] = await ask('Send', names, ['ID', '11']);
    expect(row).toEqual([
      600,
      people(counted('open', 11)),
      mails(counted('bounce', 11).filter(({ properties }) => properties?.['EventType'] === 'HardBounce')),
      7,
    ]);
    expect(world.count('sent', accountId, 11, now)).toBe(400 + Math.floor(600 / 5) - Math.floor(600 / 15));
  });
});

it('ListSend splits them by the lists of the sent events', async () => {
  const sentTo = (listId: number): number =>
    counted('sent').filter((event) => event.listId === listId).length;
  const rows = await ask('ListSend', ['List.ID', 'NumberSent', 'Unsubscribes'], ['SendID', '10']);
  const unsubs = (listId: number): number =>
    counted('unsub').filter((event) => event.listId === listId).length;
  expect(rows.map((row) => row.slice(1))).toEqual([
    [sentTo(201), unsubs(201)],
    [sentTo(202), unsubs(202)],
  ]);
});

it('LinkSend counts the clicks of each link of the mail', async () => {
  const names = ['SendID', 'Link.TotalClicks', 'Link.UniqueClicks'];
  const rows = await ask('LinkSend', names, ['SendID', '10']);
  const byLink = [...Map.groupBy(counted('click'), (event) => event.urlId ?? 0)];
  expect(rows).toHaveLength(5);
  expect(rows.toSorted()).toEqual(byLink.map(([, clicks]) => [10, clicks.length, people(clicks)]).toSorted());
});

it('a definition and its summary cover all its jobs', async () => {
  const key = ['ObjectID', triggered.triggeredSendId] as const;
  const both = (type: SimulatedEventType): TruthEvent[] => [20, 21].flatMap((jobId) => counted(type, jobId));
  expect(await ask('TriggeredSendDefinition', ['CustomerKey', 'TriggeredSendStatus'], key)).toEqual([
    ['triggered-20', 'Active'],
  ]);
  const names = ['CustomerKey', 'Sent', 'Bounces', 'Opens', 'Clicks', 'OptOuts', 'FTAFOptIns', 'Conversions'];
  expect(await ask('TriggeredSendSummary', names, key)).toEqual([
    ['triggered-20', 1200, mails(both('bounce')), both('open').length, both('click').length, 14, 6, 0],
  ]);
});
