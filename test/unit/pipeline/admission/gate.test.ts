import {
  PermissionDeniedError,
  RequestInvalidError,
  ResponseMalformedError,
  SoapFaultError,
  TransportError,
} from '../../../../src/errors.ts';
import type { AccountClient } from '../../../../src/marketing-cloud/account-client.ts';
import { Gate } from '../../../../src/pipeline/admission/gate.ts';
import type { GateState, GateStore } from '../../../../src/store/gate-state.ts';
import { createFakeClock, type FakeClock, minuteMs } from '../../../support/clock.ts';
import { recordingLogger, type RecordingLogger } from '../../../support/logger.ts';

const never = new AbortController().signal;
const pollMs = 10 * minuteMs;
let clock: FakeClock;
let state: GateState;
let store: GateStore;
let logger: RecordingLogger;
/** What GetSystemStatus says, and when it was asked. */
let status: 'OK' | 'InMaintenance' | 'UnplannedOutage' | Error;
let calls: Date[];
let client: AccountClient;
let gate: Gate;

beforeEach(() => {
  clock = createFakeClock();
  const open = { isOpen: true, systemStatus: 'OK', reason: null, closedAt: null, nextCheckAt: null };
  state = { ...open, openedAt: null, failedChecks: 0, isCheckRunning: false };
  store = memoryStore();
  logger = recordingLogger();
  status = 'OK';
  calls = [];
  client = clientThatSays(() => status);
  gate = new Gate({ store, pollMs, logger, ...clock });
});

/** The row of the database and the rules of its statements, by the test's clock. */
function memoryStore(): GateStore {
  let checkedAtMs = -Infinity;
  const change = (changes: Partial<GateState>) => {
    state = { ...state, isCheckRunning: false, ...changes };
    return Promise.resolve();
  };
  const after = (ms: number) => new Date(clock.now().getTime() + ms);
  const claim = (mayCheck: boolean, nextCheckAt: Date | null) => {
    if (mayCheck) {
      checkedAtMs = clock.now().getTime();
      state = { ...state, nextCheckAt, isCheckRunning: true };
    }
    return Promise.resolve(mayCheck);
  };
  return {
    read: () => Promise.resolve(state),
    claimCheckAfterFailure: (intervalMs) =>
      claim(state.isOpen && clock.now().getTime() - checkedAtMs >= intervalMs, null),
    claimScheduledCheck: (ms) =>
      claim(!state.isOpen && (state.nextCheckAt ?? after(1)) <= clock.now(), after(ms)),
    close: ({ systemStatus, reason, pollMs: ms }) =>
      change({
        ...{ isOpen: false, systemStatus, reason, failedChecks: 0 },
        ...{ closedAt: state.closedAt ?? clock.now(), nextCheckAt: after(ms) },
      }),
    open: () =>
      change({
        ...{ isOpen: true, systemStatus: 'OK', reason: null, failedChecks: 0 },
        ...{ closedAt: null, nextCheckAt: null, openedAt: state.isOpen ? state.openedAt : clock.now() },
      }),
    noteRefusedCheck: () => change({ failedChecks: 0 }),
    askAfresh: () => {
      if (!state.isOpen && state.systemStatus === 'Unknown') state = { ...state, nextCheckAt: clock.now() };
      return Promise.resolve();
    },
    countFailedCheck: async () => {
      await change({ failedChecks: state.failedChecks + 1 });
      return state.failedChecks;
    },
  };
}

function clientThatSays(say: () => typeof status): AccountClient {
  return {
    accountId: 7,
    clientId: undefined,
    now: clock.now,
    send: ({ action }) => {
      expect(action).toBe('GetSystemStatus');
      calls.push(clock.now());
      const said = say();
      if (said instanceof Error) return Promise.reject(said);
      return Promise.resolve({
        ...{ overallStatus: 'OK', requestId: 'request-1', serverTime: undefined, recordCount: 0 },
        ...{ fault: undefined, systemStatuses: [said], bytes: 1, digest: '' },
      });
    },
    close: () => Promise.resolve(),
  };
}

describe('an open gate', () => {
  it('lets requests leave without a status call', async () => {
    await gate.waitUntilOpen(client, never);
    expect(calls).toEqual([]);
    expect(gate.isRampingUp()).toBe(false);
  });

  it.each(['InMaintenance', 'UnplannedOutage'] as const)(
    'closes when a failure is explained by %s',
    async (said) => {
      status = said;
      expect(await gate.probeStatus(client, never)).toBe(false);
      expect(state).toMatchObject({ isOpen: false, systemStatus: said, closedAt: clock.now() });
      expect(logger.lines).toContainEqual(
        expect.objectContaining({ level: 'error', message: 'gate closed' }),
      );
    },
  );

  it('checks the status no more than once a minute, however many failures there are', async () => {
    for (let second = 0; second < 150; second += 1) {
      expect(await gate.probeStatus(client, never)).toBe(true);
      await clock.advance(1000);
    }
    const startMs = calls[0]?.getTime() ?? 0;
    expect(calls.map((at) => at.getTime() - startMs)).toEqual([0, 60_000, 120_000]);
  });

  it('checks once more before the last attempt where the latest result is older than the failure', async () => {
    await gate.probeStatus(client, never);
    await clock.advance(5000);
    status = 'InMaintenance';
    const probed = gate.probeStatus(client, never, 2 * minuteMs);
    expect(await clock.run(probed)).toBe(false);
    expect(calls).toHaveLength(2);
  });

  it('believes for five minutes that failures are real once a second look found nothing', async () => {
    await gate.probeStatus(client, never);
    await clock.advance(5000);
    expect(await clock.run(gate.probeStatus(client, never, 2 * minuteMs))).toBe(true);
    const sleeps = clock.slept.length;
    await clock.advance(1000);
    expect(await gate.probeStatus(client, never, 2 * minuteMs)).toBe(true);
    expect(clock.slept).toHaveLength(sleeps);
  });

  it.each<[string, Error]>([
    ['is refused', new PermissionDeniedError('Marketing Cloud returned: Error: API Permission Failed')],
    ['gets a client fault', new RequestInvalidError('Marketing Cloud sent a fault: bad request')],
    ['gets a text that nobody knows', new ResponseMalformedError('names no known status')],
    [
      'gets no response from a service that never gave one',
      new TransportError('down', { isFirstContact: true }),
    ],
  ])('stays open when the status call %s: that is no evidence of an outage', async (_, error) => {
    status = error;
    expect(await gate.probeStatus(client, never)).toBe(true);
    await clock.advance(2 * minuteMs);
    expect(await gate.probeStatus(client, never)).toBe(true);
    expect(calls).toHaveLength(2);
    expect(state).toMatchObject({ isOpen: true, failedChecks: 0 });
  });

  it('closes when two status calls in a row get the fault of an outage', async () => {
    status = new SoapFaultError('Unplanned Outage', { detailCode: 2 });
    expect(await clock.run(gate.probeStatus(client, never))).toBe(false);
    expect(calls).toHaveLength(2);
    expect(state).toMatchObject({ isOpen: false, systemStatus: 'Unknown' });
  });

  it('closes when two status calls in a row get no response, a minute apart', async () => {
    status = new TransportError('down');
    expect(await clock.run(gate.probeStatus(client, never))).toBe(false);
    expect(calls).toHaveLength(2);
    expect((calls[1]?.getTime() ?? 0) - (calls[0]?.getTime() ?? 0)).toBeGreaterThanOrEqual(minuteMs);
    expect(state).toMatchObject({ isOpen: false, systemStatus: 'Unknown' });
  });

  it('waits for the result of another process’s check instead of sending its own', async () => {
    await store.claimCheckAfterFailure(minuteMs);
    const probed = gate.probeStatus(client, never);
    await clock.advance(500);
    await store.close({ systemStatus: 'InMaintenance', reason: 'maintenance', pollMs });
    expect(await clock.run(probed)).toBe(false);
    expect(calls).toEqual([]);
  });
});

describe('a closed gate', () => {
  beforeEach(() => store.close({ systemStatus: 'InMaintenance', reason: 'maintenance', pollMs }));

  it('lets nothing leave but a status call every ten minutes, until that says OK', async () => {
    let isThrough = false;
    const startMs = clock.now().getTime();
    const waiting = gate.waitUntilOpen(client, never).then(() => (isThrough = true));
    status = 'InMaintenance';
    await clock.advance(25 * minuteMs);
    expect(isThrough).toBe(false);
    status = 'OK';
    await clock.run(waiting);
    const minutes = calls.map((at) => Math.round((at.getTime() - startMs) / minuteMs));
    expect(minutes).toEqual([10, 20, 30]);
    expect(state.isOpen).toBe(true);
  });

  it('lets one request leave at each check that brought no status, and stays closed if that fails', async () => {
    status = new TransportError('down');
    for (const check of [1, 2, 3]) {
      const left: string[] = [];
      const stop = new AbortController();
      const waiting = ['first', 'second'].map((name) =>
        gate.waitUntilOpen(client, stop.signal).then(() => left.push(name)),
      );
      await clock.advance(10 * minuteMs);
      expect(left).toHaveLength(1);
      expect(calls).toHaveLength(check);
      stop.abort(new Error('draining'));
      await Promise.allSettled(waiting);
    }
    expect(state.isOpen).toBe(false);
    expect(logger.lines.filter(({ message }) => message === 'gate closed')).toEqual([]);
  });

  it('says every ten minutes why requests wait, and until when', async () => {
    const stop = new AbortController();
    status = 'InMaintenance';
    const waiting = gate.waitUntilOpen(client, stop.signal);
    await clock.advance(25 * minuteMs);
    stop.abort(new Error('draining'));
    await expect(waiting).rejects.toThrow('draining');
    const lines = logger.lines.filter(({ message }) => message === 'requests wait: the gate is closed');
    expect(lines).toHaveLength(3);
    expect(lines[0]?.fields).toMatchObject({ reason: 'maintenance', systemStatus: 'InMaintenance' });
  });

  it('opens when a request that left through it succeeds', async () => {
    status = new PermissionDeniedError('Error: API Permission Failed');
    await gate.noteSuccess(); // of a request that left before
    expect(state.isOpen).toBe(false);
    await clock.run(gate.waitUntilOpen(client, never));
    await gate.noteSuccess();
    expect(state.isOpen).toBe(true);
  });

  it('is asked at once by a new process where no reported status closed it', async () => {
    await store.close({ systemStatus: 'Unknown', reason: 'no response', pollMs });
    const startMs = clock.now().getTime();
    await clock.run(new Gate({ store, pollMs, logger, ...clock }).waitUntilOpen(client, never));
    expect(calls.map((at) => at.getTime() - startMs)).toEqual([0]);
    expect(state.isOpen).toBe(true);
  });

  it('is reduced to half the concurrency for five minutes after it opened', async () => {
    await clock.advance(minuteMs);
    await store.open();
    await gate.state();
    expect(gate.isRampingUp()).toBe(true);
    await clock.advance(5 * minuteMs);
    expect(gate.isRampingUp()).toBe(false);
  });

  it('is given up by a run only between checks, once it has been closed for as long as the run may wait', async () => {
    expect(await gate.closedForLong(minuteMs)).toBeUndefined();
    await clock.advance(minuteMs);
    expect(await gate.closedForLong(minuteMs)).toMatchObject({ reason: 'maintenance' });
    await clock.advance(9 * minuteMs);
    expect(await gate.closedForLong(minuteMs)).toBeUndefined();
  });
});
