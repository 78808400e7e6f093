import { createWorld, type World } from '../../../../simulator/world/world.ts';
import type { Delivery, JobSpec } from '../../../../simulator/world/truth.ts';

const now = new Date('2026-07-01T12:00:00Z');
const later = new Date('2026-08-01T00:00:00Z');
const spec: JobSpec = {
  accountId: 1,
  jobId: 10,
  kind: 'list',
  createdAt: new Date('2026-06-01T00:00:00Z'),
  sentAt: new Date('2026-06-01T02:00:00Z'),
  counts: { sent: 100, open: 60, click: 20 },
};

function worldWith(delivery: Delivery): World {
  return createWorld({ now, jobSpecs: [{ ...spec, delivery }] });
}

function keysOf(world: World, type: 'sent' | 'open', asOf = now): (string | null)[] {
  return [...world.events(type, 1, 10, asOf)].map((event) => event.subscriberKey);
}

describe('a delivery', () => {
  it('withholds every n-th event of the named types for ever, though it is counted', () => {
    const world = worldWith({ withheld: { every: 10, types: ['open'] } });
    expect(world.count('open', 1, 10, now)).toBe(54);
    expect(world.count('open', 1, 10, new Date('2100-01-01T00:00:00Z'))).toBe(54);
    expect(world.count('sent', 1, 10, now)).toBe(100);
    expect(world.countedSets('open', 1, 10).map(({ size }) => size)).toEqual([60]);
  });

  it('withholds until an instant', () => {
    const world = worldWith({ withheld: { every: 4, types: ['sent'], until: later } });
    expect(world.count('sent', 1, 10, now)).toBe(75);
    expect(world.count('sent', 1, 10, later)).toBe(100);
  });

  it('doubles every n-th event: the same record, or one a little later', () => {
    const same = worldWith({ doubled: { every: 20, types: ['sent'] } });
    expect(same.count('sent', 1, 10, now)).toBe(105);
    expect(new Set(keysOf(same, 'sent')).size).toBe(
      new Set(keysOf(createWorld({ now, jobSpecs: [spec] }), 'sent')).size,
    );
    const twice = worldWith({ doubled: { every: 20, types: ['sent'], laterByMs: 10 } });
    const events = [...twice.events('sent', 1, 10)];
    expect(new Set(events.map((event) => `${event.subscriberKey ?? ''} ${event.occurredAt}`)).size).toBe(105);
  });

  it('can change while the world runs', () => {
    const world = worldWith({ withheld: { every: 2 } });
    expect(world.count('open', 1, 10, now)).toBe(30);
    world.changeDelivery(1, 10);
    expect(world.count('open', 1, 10, now)).toBe(60);
    world.changeDelivery(1, 10, { doubled: { every: 60 } });
    expect(world.count('open', 1, 10, now)).toBe(61);
  });
});
