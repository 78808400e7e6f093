import { planJob, type PlanSettings } from '../../../../src/pipeline/planning/plan-tasks.ts';
import type { PlannedWindow } from '../../../../src/store/planning/plan-ledger.ts';
import type { CheckpointFacts, LedgerFacts, PlanFacts } from '../../../../src/store/planning/plan-facts.ts';
import type { Window } from '../../../../src/store/ledger/task-ledger.ts';
import { dayMs, hourMs, minuteMs } from '../../../support/clock.ts';
import { checkpointFacts, daysAgo, definitions, jobFacts, now, planFacts, planSettings } from './facts.ts';

const endsAt = new Date(now.getTime() - 15 * minuteMs);

function planOpen(facts: PlanFacts, settings?: Partial<PlanSettings>) {
  const plan = planJob(facts, definitions, planSettings(settings)).find(
    ({ eventType }) => eventType === 'open',
  );
  if (plan === undefined) throw new Error('opens were not planned');
  return plan;
}

/** Days before now, to the thousandth; what is asked of opens. */
function spans(windows: readonly PlannedWindow[]) {
  const days = (date: Date) => Math.round(((now.getTime() - date.getTime()) / dayMs) * 1000) / 1000;
  return windows.map(({ origin, parts, isFullRead }) => ({
    origin,
    isFullRead,
    parts: parts.map(({ from, to }) => [days(from), days(to)]),
  }));
}

const settled = Math.round((15 * minuteMs * 1000) / dayMs) / 1000;
const parkedSpan = (window: Window): LedgerFacts => ({
  ...{ eventType: 'open', origin: 'sync', isParked: true, window },
});
const openSpan = (origin: LedgerFacts['origin']): LedgerFacts => ({
  ...{ eventType: 'open', origin, isParked: false, window: { from: daysAgo(3), to: daysAgo(1) } },
});

describe('the window that sync asks for', () => {
  it.each<{ name: string; facts: PlanFacts; settings?: Partial<PlanSettings>; expected: object[] }>([
    {
      name: 'begins at the creation minus the overlap, where the send was created first',
      facts: planFacts(),
      expected: [{ origin: 'sync', isFullRead: true, parts: [[3.1, settled]] }],
    },
    {
      name: 'begins at the scheduled start minus the overlap, where that is earlier than the creation',
      facts: planFacts({ scheduledAt: daysAgo(2.5) }),
      expected: [{ origin: 'sync', isFullRead: true, parts: [[3.5, settled]] }],
    },
    {
      name: 'begins at the completion of a send of which nothing earlier is known',
      facts: planFacts({ createdAt: null, scheduledAt: null }),
      expected: [{ origin: 'sync', isFullRead: true, parts: [[2.9, settled]] }],
    },
    {
      name: 'is the lookback for a job known from an event only, and is not taken for the whole job',
      facts: planFacts({ createdAt: null, scheduledAt: null, sentAt: null }),
      expected: [{ origin: 'sync', isFullRead: false, parts: [[31.01, settled]] }],
    },
    {
      name: 'begins the overlap before what is covered',
      facts: planFacts({}, [checkpointFacts()]),
      expected: [{ origin: 'sync', isFullRead: false, parts: [[2, settled]] }],
    },
    {
      name: 'ends the settling time before now',
      facts: planFacts({}, [checkpointFacts()]),
      settings: { settlingMs: 12 * hourMs },
      expected: [{ origin: 'sync', isFullRead: false, parts: [[2, 0.5]] }],
    },
    {
      name: 'goes around parked spans, which are tried as they are',
      facts: planFacts(
        {},
        [checkpointFacts({ coveredTo: daysAgo(1) })],
        [parkedSpan({ from: daysAgo(1.75), to: daysAgo(1.25) })],
      ),
      expected: [
        {
          ...{ origin: 'sync', isFullRead: false },
          parts: [
            [2, 1.75],
            [1.25, settled],
          ],
        },
      ],
    },
    {
      name: 'is not planned while one is open: that one is adopted',
      facts: planFacts({}, [checkpointFacts()], [openSpan('sync')]),
      expected: [],
    },
    {
      name: 'is planned beside an open backfill',
      facts: planFacts({}, [checkpointFacts()], [openSpan('backfill')]),
      expected: [{ origin: 'sync', isFullRead: false, parts: [[2, settled]] }],
    },
    {
      name: 'is not planned twice in one run',
      facts: planFacts({}, [checkpointFacts({ askedAt: now, coveredTo: endsAt })]),
      expected: [],
    },
    {
      // Its first parts may have been read days ago, before late events appeared in them.
      name: 'overlaps one that an earlier run planned, also where this run adopted and completed it',
      facts: planFacts({}, [checkpointFacts({ askedAt: now, coveredTo: daysAgo(1) })]),
      expected: [{ origin: 'sync', isFullRead: false, parts: [[2, settled]] }],
    },
    {
      name: 'is cut where more events are expected than one may hold',
      facts: planFacts({}, [checkpointFacts({ lastRecords: 2000, lastWindowSeconds: 86_400 })]),
      settings: { sizing: { eventsMax: 1000, eventsMin: 1000, partsWanted: 1 }, settlingMs: 0 },
      expected: [
        {
          ...{ origin: 'sync', isFullRead: false },
          parts: [
            [2, 1.5],
            [1.5, 1],
            [1, 0.5],
            [0.5, 0],
          ],
        },
      ],
    },
  ])('$name', ({ facts, settings, expected }) => {
    expect(spans(planOpen(facts, settings).windows)).toEqual(expected);
  });

  it('overlaps by what each event type needs', () => {
    const facts = planFacts(
      {},
      definitions.map(({ name }) => checkpointFacts({ eventType: name })),
    );
    const overlapMs = ({ name }: { name: string }) => (name === 'sent' ? 4 : 1) * dayMs;
    const plans = planJob(facts, definitions, planSettings({ overlapMs }));
    const starts = plans.map(({ windows }) => windows[0]?.window.from);
    expect(starts).toEqual([daysAgo(6.1), daysAgo(2), daysAgo(2)]);
  });
});

describe('how often a job is asked', () => {
  const older = { createdAt: daysAgo(12), scheduledAt: daysAgo(12), sentAt: daysAgo(12) };
  const closed = { createdAt: daysAgo(90), scheduledAt: daysAgo(90), sentAt: daysAgo(90) };
  const asked = (hours: number, changes: Partial<CheckpointFacts> = {}) =>
    checkpointFacts({ askedAt: daysAgo(hours / 24), fullReadAt: now, ...changes });

  it.each<{
    name: string;
    facts: PlanFacts;
    settings?: Partial<PlanSettings>;
    state: string;
    isAsked: boolean;
  }>([
    { name: 'young: in each run', facts: planFacts({}, [asked(1)]), state: 'open', isAsked: true },
    {
      name: 'a week without an event: not in each run',
      facts: planFacts(older, [asked(1)]),
      state: 'open',
      isAsked: false,
    },
    {
      name: 'a week without an event: every night',
      facts: planFacts(older, [asked(20)]),
      state: 'open',
      isAsked: true,
    },
    {
      name: 'old, with a fresh event: in each run',
      facts: planFacts({ ...older, lastEventAt: daysAgo(1) }, [asked(1)]),
      ...{ state: 'open', isAsked: true },
    },
    {
      name: 'closed: not for a month',
      facts: planFacts(closed, [asked(29 * 24)]),
      state: 'closed',
      isAsked: false,
    },
    {
      name: 'closed: once a month',
      facts: planFacts(closed, [asked(30 * 24)]),
      state: 'closed',
      isAsked: true,
    },
    {
      name: 'closed, but named by a person: now',
      facts: planFacts(closed, [asked(1)]),
      settings: { isForced: true },
      ...{ state: 'closed', isAsked: true },
    },
    {
      name: 'triggered, its definition active: never closed',
      facts: planFacts({ ...closed, sentAt: null, isTriggered: true, isKeptOpen: true }, [asked(24)]),
      ...{ state: 'open', isAsked: true },
    },
  ])('$name', ({ facts, settings, state, isAsked }) => {
    const plan = planOpen(facts, settings);
    expect({ state: plan.state, isAsked: plan.windows.length > 0 }).toEqual({ state, isAsked });
  });

  it('asks no more for the sent events of a send whose own counter says that all of them are in', () => {
    const facts = planFacts({ sentAt: daysAgo(2), countersAt: now }, [
      checkpointFacts({ eventType: 'sent', askedAt: daysAgo(1), eventsLoaded: 1000 }),
      checkpointFacts(),
    ]);
    const plans = planJob(facts, definitions, planSettings());
    expect(plans[0]).toMatchObject({ eventType: 'sent', state: 'complete', windows: [] });
    expect(plans[1]?.windows).toHaveLength(1);
  });
});

describe('an old triggered job', () => {
  const job = { createdAt: daysAgo(240), scheduledAt: null, sentAt: null, isTriggered: false };

  it('is asked for the lookback first', () => {
    const { windows, state } = planOpen(planFacts(job));
    expect(state).toBeUndefined();
    expect(spans(windows)).toEqual([{ origin: 'sync', isFullRead: false, parts: [[30.01, settled]] }]);
  });

  it('is asked for its beginning in the second round of the run that found it alive', () => {
    const checkpoint = checkpointFacts({
      ...{ askedAt: now, coveredFrom: daysAgo(30), coveredTo: endsAt, fullReadAt: null },
    });
    const alive = { ...job, isTriggered: true, lastEventAt: daysAgo(0.5) };
    expect(spans(planOpen(planFacts(alive, [checkpoint])).windows)).toEqual([
      { origin: 'sync', isFullRead: true, parts: [[241, 30]] },
    ]);
  });

  it('is left alone in that round where it showed no life', () => {
    const checkpoint = checkpointFacts({
      ...{ askedAt: now, coveredFrom: daysAgo(30), coveredTo: endsAt, fullReadAt: null },
    });
    expect(planOpen(planFacts(job, [checkpoint]))).toMatchObject({ state: 'closed', windows: [] });
  });
});

describe('a deep re-read', () => {
  const sentAt = daysAgo(8);
  const job = { createdAt: sentAt, scheduledAt: sentAt, sentAt, lastEventAt: daysAgo(1) };
  const whole = (days: number) =>
    checkpointFacts({ coveredFrom: daysAgo(9), fullReadAt: daysAgo(days), askedAt: daysAgo(0.01) });
  const fullRereads = (facts: PlanFacts) =>
    spans(planOpen(facts).windows).filter(({ origin }) => origin === 'full_reread');

  it('covers the whole job once it was sent a week ago', () => {
    expect(fullRereads(planFacts(job, [whole(7)]))).toEqual([
      { origin: 'full_reread', isFullRead: true, parts: [[9, settled]] },
    ]);
  });

  it.each([
    { name: 'before the week is over', facts: planFacts({ ...job, sentAt: daysAgo(6) }, [whole(5)]) },
    { name: 'of what was read whole since', facts: planFacts(job, [whole(0.5)]) },
    { name: 'of what was never read whole', facts: planFacts(job, [checkpointFacts({ fullReadAt: null })]) },
    { name: 'while one is open', facts: planFacts(job, [whole(7)], [openSpan('full_reread')]) },
    { name: 'of a triggered job by its age', facts: planFacts({ ...job, isTriggered: true }, [whole(7)]) },
  ])('is not planned $name', ({ facts }) => {
    expect(fullRereads(facts)).toEqual([]);
  });

  it.each(['open', 'closed', 'complete'] as const)(
    'is planned once for a deficit, also where the checkpoint is %s',
    (state) => {
      const read = { ...whole(0.5), state };
      const found = (days: number) =>
        planFacts({ ...job, sentAt: daysAgo(6) }, [{ ...read, deficitFoundAt: daysAgo(days) }]);
      expect(fullRereads(found(0.2))).toEqual([expect.objectContaining({ isFullRead: true })]);
      expect(fullRereads(found(0.7))).toEqual([]);
    },
  );

  it('is planned once more when the job closes', () => {
    const closing = {
      createdAt: daysAgo(40),
      scheduledAt: daysAgo(40),
      sentAt: daysAgo(40),
      lastEventAt: daysAgo(31),
    };
    const facts = planFacts(closing, [checkpointFacts({ fullReadAt: daysAgo(33), askedAt: daysAgo(0.5) })]);
    expect(planOpen(facts).state).toBe('closed');
    expect(fullRereads(facts)).toHaveLength(1);
    const since = [checkpointFacts({ fullReadAt: daysAgo(0.9), askedAt: daysAgo(0.5) })];
    expect(fullRereads(planFacts(closing, since))).toEqual([]);
  });
});

it('plans the same for the same facts, and changes none of them', () => {
  const facts = planFacts({}, [checkpointFacts()], [parkedSpan({ from: daysAgo(2), to: daysAgo(1) })]);
  const copy = structuredClone(facts);
  expect(planJob(facts, definitions, planSettings())).toEqual(planJob(copy, definitions, planSettings()));
  expect(facts).toEqual(copy);
  expect(facts.job).toEqual(jobFacts());
});
