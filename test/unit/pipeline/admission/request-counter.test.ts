import { StoreUnavailableError } from '../../../../src/errors.ts';
import { RequestCounter } from '../../../../src/pipeline/admission/request-counter.ts';
import type { RequestCount } from '../../../../src/store/request-days.ts';
import { type RecordingLogger, recordingLogger } from '../../../support/logger.ts';

let now: Date;
let written: (readonly RequestCount[])[];
let isAway: boolean;
let logger: RecordingLogger;
let counter: RequestCounter;

beforeEach(() => {
  now = new Date('2026-07-01T23:59:59Z');
  written = [];
  isAway = false;
  logger = recordingLogger();
  const write = (counts: readonly RequestCount[]) => {
    if (isAway) return Promise.reject(new StoreUnavailableError('away'));
    written.push(counts);
    return Promise.resolve();
  };
  counter = new RequestCounter({ write, now: () => now, logger });
});

describe('the request counter', () => {
  it('writes requests by day, account and kind, all in one write, and each once', async () => {
    const [ofSeven, ofEight] = [counter.countFor(() => 7), counter.countFor(() => 8)];
    for (const kind of ['token', 'Retrieve', 'Retrieve']) ofSeven(kind);
    ofEight('GetSystemStatus');
    now = new Date('2026-07-02T00:00:00Z');
    ofSeven('Retrieve');
    await counter.write();
    await counter.write();
    const [first, next] = ['2026-07-01', '2026-07-02'];
    expect(written).toEqual([
      [
        { day: first, accountId: 7, kind: 'token', requests: 1 },
        { day: first, accountId: 7, kind: 'Retrieve', requests: 2 },
        { day: first, accountId: 8, kind: 'GetSystemStatus', requests: 1 },
        { day: next, accountId: 7, kind: 'Retrieve', requests: 1 },
      ],
    ]);
  });

  it('keeps what it could not write, and adds what comes after', async () => {
    const count = counter.countFor(() => 7);
    count('Retrieve');
    isAway = true;
    await counter.write();
    count('Retrieve');
    isAway = false;
    await counter.write();
    expect(written).toEqual([[{ day: '2026-07-01', accountId: 7, kind: 'Retrieve', requests: 2 }]]);
  });

  it('keeps the requests of an account until it is identified', async () => {
    const account: { id?: number } = {};
    const count = counter.countFor(() => account.id);
    count('token');
    await counter.write();
    expect(written).toEqual([]);
    account.id = 9;
    await counter.stop();
    expect(written).toEqual([[{ day: '2026-07-01', accountId: 9, kind: 'token', requests: 1 }]]);
  });

  it('says at its end what it could not write', async () => {
    counter.countFor(() => 7)('Retrieve');
    isAway = true;
    await counter.stop();
    expect(logger.lines.at(-1)).toEqual({
      level: 'warn',
      fields: { requests: 1 },
      message: 'count of the allowance is incomplete',
    });
  });
});
