import fc from 'fast-check';
import { open } from '../../../../src/events/open.ts';
import { bounce } from '../../../../src/events/bounce.ts';
import type { TailRung } from '../../../../src/store/ledger/task-ledger.ts';
import { dayMs, hourMs } from '../../../support/clock.ts';
import type { ModelJob } from '../../../support/tail/model-events.ts';
import { TailModel } from '../../../support/tail/tail-model.ts';

const startMs = Date.UTC(2026, 0, 1);
const types = ['open', 'bounce'] as const;

/** A job of some day, with events on any day after it. */
const jobs = fc
  .array(
    fc.record({
      day: fc.integer({ min: -50, max: 60 }),
      isTriggered: fc.boolean(),
      isUnknown: fc.boolean(),
      eventHours: fc.array(fc.integer({ min: 0, max: 24 * 120 }), { maxLength: 12 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((given) =>
    given
      .toSorted((one, other) => one.day - other.day)
      .map(({ day, eventHours, ...job }, at): ModelJob => {
        const sentAt = startMs + day * dayMs;
        const instants = Float64Array.from(eventHours, (hours) => sentAt + hours * hourMs + 1234).sort();
        return { jobId: 10 + at, sentAt, ...job, events: new Map(types.map((type) => [type, instants])) };
      }),
  );

const lookbackHours = 30 * 24;
/** Between two nights. */
const longestHours = 9 * 24;

/** What happens in a night, and how long it is since the one before. */
const nights = fc.array(
  fc.record({
    hours: fc.integer({ min: 1, max: longestHours }),
    readsTail: fc.oneof(
      { weight: 4, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    failsTail: fc.boolean(),
    failsJobs: fc.array(fc.integer({ min: 10, max: 17 }), { maxLength: 3 }),
    worksFrom: fc.integer({ min: 1, max: 5 }),
    widthHours: fc.integer({ min: 1, max: 200 }),
  }),
  { minLength: 1, maxLength: 25 },
);

/**
 * The same nights, where one that fails as a whole works when the next might be a month after the last that worked: the
 * model forgets what such nights planned, and a job is first planned for the lookback only.
 */
function* withinLookback(history: Iterable<{ hours: number; readsTail: boolean; failsTail: boolean }>) {
  let hoursFailed = 0;
  for (const { hours, readsTail, failsTail } of history) {
    const fails = failsTail && hoursFailed + hours + longestHours < lookbackHours;
    hoursFailed = fails ? hoursFailed + hours : 0;
    yield { hours, readsTail, fails };
  }
}

describe('the tail and the reading of single jobs', () => {
  it('lose no event between them, whatever fails, is switched or works in which night', () => {
    fc.assert(
      fc.property(jobs, nights, (worldJobs, history) => {
        const source = { worksFrom: 1, widthHours: 1000 };
        const timesOut = (rung: TailRung, seconds: number) =>
          rung < source.worksFrom || seconds > source.widthHours * 3600;
        const model = new TailModel({
          jobs: worldJobs,
          definitions: [open, bounce],
          pageSize: 2500,
          timesOut,
        });
        let nowMs = startMs;
        for (const { hours, readsTail, failsTail, failsJobs, ...works } of history) {
          nowMs += hours * hourMs;
          Object.assign(source, works);
          const fails = (kind: 'tail' | 'events', eventType: string, jobId: number | null) =>
            kind === 'tail' ? failsTail && eventType === 'open' : jobId !== null && failsJobs.includes(jobId);
          model.night(nowMs, { readsTail, fails });
          expect(model.lost()).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('bring every event of a known job in, once a quiet week has passed', () => {
    fc.assert(
      fc.property(jobs, nights, (worldJobs, history) => {
        const known = worldJobs.map((job) => ({ ...job, isUnknown: false }));
        const model = new TailModel({
          ...{ jobs: known, definitions: [open, bounce], pageSize: 2500 },
          timesOut: () => false,
        });
        let nowMs = startMs;
        for (const { hours, readsTail, fails } of withinLookback(history)) {
          nowMs += hours * hourMs;
          model.night(nowMs, { readsTail, fails: () => fails });
        }
        for (let night = 0; night < 32; night += 1) model.night((nowMs += dayMs), { readsTail: true });

        // Jobs that were sent before the first night are read for the lookback only, unless they come alive.
        const delays = [...model.delays(startMs, nowMs - dayMs)];
        expect(delays.filter((delay) => delay === Infinity)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
