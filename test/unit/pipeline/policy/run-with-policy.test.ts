import {
  ContinueExpiredError,
  type PipelineError,
  RateLimitedError,
  ResponseMalformedError,
  StoreUnavailableError,
  TransportError,
} from '../../../../src/errors.ts';
import type { AccountClient } from '../../../../src/marketing-cloud/account-client.ts';
import type { Retry } from '../../../../src/pipeline/policy/decide.ts';
import { runWithPolicy, type Work, type WorkEnd } from '../../../../src/pipeline/policy/run-with-policy.ts';
import { createFakeClock, type FakeClock } from '../../../support/clock.ts';
import { recordingLogger, type RecordingLogger } from '../../../support/logger.ts';

const client: AccountClient = {
  ...{ accountId: 7, clientId: undefined, now: () => new Date(0) },
  send: () => Promise.reject(new Error('nothing is sent here')),
  close: () => Promise.resolve(),
};

let clock: FakeClock;
let logger: RecordingLogger;
let stop: AbortController;
/** What each attempt throws; undefined: it succeeds. */
let failures: (Error | undefined)[];
let attempts: number;
let noted: Retry[];
let note: () => Promise<boolean>;
/** What each probe finds: whether the gate is open; the last one stays. */
let gateIsOpen: boolean[];
let probes: number;
let slowed: number[];

beforeEach(() => {
  clock = createFakeClock();
  logger = recordingLogger();
  stop = new AbortController();
  failures = [];
  attempts = 0;
  noted = [];
  note = () => Promise.resolve(true);
  gateIsOpen = [true];
  probes = 0;
  slowed = [];
});

function run(changes: Partial<Work<string>> = {}): Promise<WorkEnd<string>> {
  const work: Work<string> = {
    ...{ accountId: 7, client, fields: { taskId: 1 }, attempts: 0, restarts: 0 },
    ...{ isCursorReplayable: false, canSplit: true, isOptional: false, isMidway: () => false },
    hasSplitWithoutProgress: () => Promise.resolve(false),
    attempt: () => {
      const failure = failures[attempts];
      attempts += 1;
      return failure === undefined ? Promise.resolve('read') : Promise.reject(failure);
    },
    beforeRetry: (_error, action) => {
      noted.push(action);
      return note();
    },
    ...changes,
  };
  const probeStatus = () => {
    probes += 1;
    return Promise.resolve(gateIsOpen.length > 1 ? gateIsOpen.shift() === true : gateIsOpen[0] === true);
  };
  const deps = {
    gate: { probeStatus },
    slowAccount: (accountId: number) => {
      slowed.push(accountId);
      return Promise.resolve();
    },
    ...{ retryBaseMs: 1000, isService: false, random: () => 1, sleep: clock.sleep, logger },
  };
  return clock.run(runWithPolicy(work, deps, stop.signal));
}

const times = (count: number, error: PipelineError) => Array.from({ length: count }, () => error);

describe('work under the policy', () => {
  it('is done at its first attempt, without a wait or a line in the log', async () => {
    expect(await run()).toEqual({ kind: 'done', result: 'read' });
    expect([clock.slept, logger.lines]).toEqual([[], []]);
  });

  it('is attempted again after growing waits, and notes each failure before the next attempt', async () => {
    failures = times(3, new TransportError('down'));
    expect(await run()).toMatchObject({ kind: 'done' });
    expect(clock.slept).toEqual([1000, 2000, 4000]);
    expect(noted.map(({ countsAttempt }) => countsAttempt)).toEqual([true, true, true]);
  });

  it('is parked with its last error when the attempts are used up, those of other processes included', async () => {
    failures = times(9, new TransportError('down'));
    const end = await run({ attempts: 3 });
    expect(end).toEqual({ kind: 'park', error: failures[0] });
    expect(attempts).toBe(3);
  });

  it('waits without counting while the gate is closed', async () => {
    failures = times(20, new TransportError('down'));
    gateIsOpen = [...Array.from({ length: 19 }, () => false), true];
    expect(await run()).toMatchObject({ kind: 'done' });
    expect(noted.filter(({ countsAttempt }) => countsAttempt)).toHaveLength(1);
    expect(probes).toBe(20);
  });

  it('halves the concurrency of an account that is asked to slow down, and waits as long as it says', async () => {
    failures = [new RateLimitedError('slow down', { retryAfterMs: 7000 })];
    await run();
    expect([slowed, clock.slept]).toEqual([[7], [7000]]);
  });

  it('is read from its first page twice, then split', async () => {
    failures = times(9, new ContinueExpiredError('forgotten'));
    expect(await run({ isMidway: () => true })).toMatchObject({ kind: 'split' });
    expect(attempts).toBe(3);
  });

  it('is parked instead of split where splitting has brought nothing', async () => {
    failures = times(9, new ResponseMalformedError('damaged'));
    const end = await run({ hasSplitWithoutProgress: () => Promise.resolve(true) });
    expect(end).toMatchObject({ kind: 'park' });
    expect(attempts).toBe(4);
  });

  it('outlasts a database that is away between two attempts', async () => {
    failures = [new TransportError('down')];
    let isAway = true;
    note = () => {
      if (!isAway) return Promise.resolve(true);
      isAway = false;
      return Promise.reject(new StoreUnavailableError('the database is away'));
    };
    expect(await run()).toMatchObject({ kind: 'done' });
    expect(attempts).toBe(2);
  });

  it('is abandoned when it is no longer ours', async () => {
    failures = [new TransportError('down')];
    note = () => Promise.resolve(false);
    expect(await run()).toMatchObject({ kind: 'abandon' });
    expect(attempts).toBe(1);
  });

  it('is released when it has to stop, also in the middle of a wait', async () => {
    failures = times(9, new TransportError('down'));
    const ending = run();
    await clock.advance(0);
    stop.abort(new Error('draining'));
    const end = await ending;
    expect(end.kind === 'release' && end.error === stop.signal.reason).toBe(true);
  });

  it('halts on a bug at once', async () => {
    failures = [new TypeError('undefined is not a function')];
    expect(await run()).toEqual({ kind: 'halt', error: failures[0] });
    expect(logger.lines).toEqual([]);
  });

  it('logs each failure with everything that the error knows', async () => {
    failures = [new ResponseMalformedError('damaged', { byteOffset: 4711, requestId: 'request-9' })];
    await run();
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        message: 'attempt failed',
        fields: {
          ...{ taskId: 1, attempts: 1, disposition: 'retry', code: 'RESPONSE_MALFORMED' },
          ...{ reason: 'damaged', byteOffset: 4711, requestId: 'request-9' },
        },
      },
    ]);
  });
});
