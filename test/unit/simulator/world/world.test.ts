import { createWorld, type World } from '../../../../simulator/world/world.ts';
import type { JobSpec, TruthEvent } from '../../../../simulator/world/truth.ts';

const now = new Date('2026-07-01T12:00:00Z');
const types = ['sent', 'open', 'click'] as const;

function identityOf(event: TruthEvent): string {
  const { accountId, occurredAt, jobId, batchId, subscriberKey, listId, urlId, url } = event;
  return JSON.stringify([accountId, occurredAt, jobId, batchId, subscriberKey, listId, urlId, url]);
}

function eventsOf(world: World): TruthEvent[] {
  return types.flatMap((type) => [...world.events(type)]);
}

describe('a generated world', () => {
  const world = createWorld({ seed: 7, now, jobs: 4, eventsPerJob: 600 });

  it('is the same, event by event, for the same seed', () => {
    const again = createWorld({ seed: 7, now, jobs: 4, eventsPerJob: 600 });
    expect(eventsOf(again)).toEqual(eventsOf(world));
    expect(again.jobs()).toEqual(world.jobs());
    expect(eventsOf(createWorld({ seed: 8, now, jobs: 4, eventsPerJob: 600 }))).not.toEqual(eventsOf(world));
  });

  it.each(types)('holds no two %s events that a table could not tell apart', (type) => {
    const identities = [...world.events(type)].map(identityOf);
    expect(identities.length).toBeGreaterThan(100);
    expect(new Set(identities).size).toBe(identities.length);
  });

  it('has nothing that a sync now would leave for later', () => {
    const settled = now.getTime() - 15 * 60_000;
    expect(eventsOf(world).filter((event) => event.occurredAt >= settled)).toEqual([]);
    for (const type of types) expect(world.count(type, undefined, undefined, now)).toBe(world.count(type));
  });

  it('has clicks on two links at one instant, repeated clicks, and people without a key', () => {
    const clicks = [...world.events('click')];
    const instants = new Set(clicks.map((event) => `${event.jobId}/${event.occurredAt}`));
    const links = new Set(
      clicks.map((event) => `${event.jobId}/${event.subscriberKey ?? ''}/${event.urlId ?? ''}`),
    );
    expect(instants.size).toBeLessThan(clicks.length);
    expect(links.size).toBeLessThan(clicks.length);
    expect([...world.events('sent')].filter((event) => event.subscriberKey === null).length).toBeGreaterThan(
      0,
    );
  });

  it('has a triggered send that is months old and still sends, each mail in a batch of its own', () => {
    const job = world.jobs(7_000_001).find((one) => one.triggeredSendStatus === 'Active');
    const mails = [...world.events('sent', 7_000_001, job?.jobId)];
    const days = (event: TruthEvent): number => (now.getTime() - event.occurredAt) / 86_400_000;
    expect(job?.modifiedAt.getTime()).toBeLessThan(now.getTime() - 200 * 86_400_000);
    expect(Math.max(...mails.map(days))).toBeGreaterThan(180);
    expect(Math.min(...mails.map(days))).toBeLessThan(10);
    expect(new Set(mails.map((event) => event.batchId)).size).toBe(mails.length);
    expect(new Set(mails.map((event) => event.triggeredSendId))).toEqual(new Set([job?.triggeredSendId]));
  });

  it('keeps event times on the ticks of the real clock', () => {
    const endings = new Set(eventsOf(world).map((event) => event.occurredAt % 10));
    expect([...endings].sort()).toEqual([0, 3, 7]);
  });
});

describe('a specified world', () => {
  const spec: JobSpec = {
    accountId: 1,
    jobId: 10,
    kind: 'list',
    createdAt: new Date('2026-06-01T00:00:00Z'),
    sentAt: new Date('2026-06-01T02:00:00Z'),
    counts: { sent: 50, open: 40, click: 0 },
  };

  it('makes events equal in everything where the job asks for it', () => {
    const world = createWorld({ now, jobSpecs: [{ ...spec, equalEvery: 4 }] });
    const identities = [...world.events('open')].map(identityOf);
    expect(new Set(identities).size).toBe(30);
  });

  it('counts late events only from the instant on which they arrive', () => {
    const world = createWorld({ now, jobSpecs: [{ ...spec, late: { share: 1, byMs: 60 * 86_400_000 } }] });
    expect(world.count('sent', 1, 10, now)).toBe(0);
    expect(world.count('sent', 1, 10)).toBe(50);
    expect(world.count('sent', 1, 10, new Date('2026-12-01T00:00:00Z'))).toBe(50);
  });

  it('takes further events while it runs', () => {
    const world = createWorld({ now, jobSpecs: [spec] });
    const [first] = [...world.events('open')];
    if (first === undefined) throw new Error('no events');
    world.addEvents('open', [{ ...first, occurredAt: first.occurredAt + 10, subscriberKey: 'new' }]);
    expect(world.count('open', 1, 10)).toBe(41);
    expect([...world.events('open')].some((event) => event.subscriberKey === 'new')).toBe(true);
  });
});
