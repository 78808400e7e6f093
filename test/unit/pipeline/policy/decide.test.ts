import fc from 'fast-check';
import * as errors from '../../../../src/errors.ts';
import { type ErrorCode, errorCodes, type PipelineError } from '../../../../src/errors.ts';
import { type Action, decide, type WorkState } from '../../../../src/pipeline/policy/decide.ts';

const start: WorkState = {
  ...{ attempts: 0, restarts: 0, isMidway: false, isCursorReplayable: false, canSplit: true },
  ...{ isOptional: false, isStopping: false, isService: false, canPark: true, retryBaseMs: 1000, jitter: 1 },
};
const answered = { ...start, isGateOpen: true, hasSplitWithoutProgress: false };
const many = 99;
const restartsMax = 2;

/** The states that matter, by name. */
const situations = {
  'the first failure': start,
  'the gate is closed': { ...start, isGateOpen: false },
  'the gate is closed, midway': { ...start, isGateOpen: false, isMidway: true },
  'the gate is open': answered,
  midway: { ...answered, isMidway: true },
  'midway, cursors repeat a page': { ...answered, isMidway: true, isCursorReplayable: true },
  'midway, restarts used up': { ...answered, isMidway: true, restarts: restartsMax },
  'midway, restarts used up, one second': {
    ...answered,
    isMidway: true,
    restarts: restartsMax,
    canSplit: false,
  },
  'attempts used up': { ...answered, attempts: many, restarts: restartsMax },
  'attempts used up, splits unknown': { ...start, isGateOpen: true, attempts: many, restarts: restartsMax },
  'attempts used up, splits bring nothing': {
    ...{ ...answered, attempts: many, restarts: restartsMax, hasSplitWithoutProgress: true },
  },
  'attempts used up, one second': { ...answered, attempts: many, restarts: restartsMax, canSplit: false },
  'told to stop': { ...answered, isStopping: true },
} as const satisfies Record<string, WorkState>;
type Situation = keyof typeof situations;
const situationNames = Object.keys(situations).filter((name): name is Situation => name in situations);

type Row = Readonly<Record<Situation, string>>;

/** The same action in every situation, but for a task that has to stop. */
const always = (action: string): Row => ({
  'the first failure': action,
  'the gate is closed': action,
  'the gate is closed, midway': action,
  'the gate is open': action,
  midway: action,
  'midway, cursors repeat a page': action,
  'midway, restarts used up': action,
  'midway, restarts used up, one second': action,
  'attempts used up': action,
  'attempts used up, splits unknown': action,
  'attempts used up, splits bring nothing': action,
  'attempts used up, one second': action,
  'told to stop': 'release',
});

/** Another attempt after a back-off; midway from the first page, until that has been done too often. */
const retried: Row = {
  ...always('retry in 1000, counts'),
  midway: 'retry in 1000, counts, from the first page as a restart',
  'midway, restarts used up': 'split',
  'midway, restarts used up, one second': 'retry in 1000, counts, from the first page as a restart',
  'attempts used up': 'park',
  'attempts used up, splits unknown': 'park',
  'attempts used up, splits bring nothing': 'park',
  'attempts used up, one second': 'park',
};

/** The same, once it is known that the gate is open. */
const probed: Row = {
  ...retried,
  'the first failure': 'probe the status',
  'the gate is closed': 'retry',
  'the gate is closed, midway': 'retry, from the first page',
};

/** What follows each error in each situation; a new code does not compile until its row is here. */
const expected: Readonly<Record<ErrorCode, Row>> = {
  TRANSPORT_FAILED: probed,
  SOURCE_FAULT: probed,
  TOKEN_EXPIRED: { ...retried, 'the gate is closed, midway': retried.midway },
  RATE_LIMITED: {
    ...always('retry in 30000, counts, slows the account'),
    'the gate is closed, midway': 'retry in 30000, counts, from the first page, slows the account',
    midway: 'retry in 30000, counts, from the first page, slows the account',
    'midway, restarts used up': 'retry in 30000, counts, from the first page, slows the account',
    'midway, restarts used up, one second': 'retry in 30000, counts, from the first page, slows the account',
    'attempts used up': 'park',
    'attempts used up, splits unknown': 'park',
    'attempts used up, splits bring nothing': 'park',
    'attempts used up, one second': 'park',
  },
  RETRIEVE_TIMED_OUT: {
    ...always('narrow'),
    'midway, restarts used up, one second': 'park',
    'attempts used up, one second': 'park',
  },
  RESPONSE_MALFORMED: {
    ...retried,
    'the gate is closed, midway': retried.midway,
    'attempts used up': 'split',
    'attempts used up, splits unknown': 'look up the splits',
    'attempts used up, splits bring nothing': 'park',
  },
  BUDGET_EXCEEDED: always('park'),
  CONTINUE_EXPIRED: {
    ...always('retry, from the first page as a restart'),
    'midway, restarts used up': 'split',
    'midway, restarts used up, one second': 'park',
    'attempts used up': 'split',
    'attempts used up, splits unknown': 'look up the splits',
    'attempts used up, splits bring nothing': 'park',
    'attempts used up, one second': 'park',
  },
  SOURCE_UNAVAILABLE: {
    ...always('retry'),
    'the gate is closed, midway': 'retry, from the first page',
    midway: 'retry, from the first page',
    'midway, restarts used up': 'retry, from the first page',
    'midway, restarts used up, one second': 'retry, from the first page',
  },
  SOURCE_UNREACHABLE: always('halt'),
  RETRIEVE_FAILED: probed,
  PERMISSION_DENIED: always('park-event-type'),
  FEATURE_MISSING: always('park-event-type'),
  REQUEST_INVALID: always('park'),
  RECORD_UNREADABLE: always('park'),
  STORE_UNAVAILABLE: {
    ...always('retry in 1000, counts, from the first page'),
    'attempts used up': 'park',
    'attempts used up, splits unknown': 'park',
    'attempts used up, splits bring nothing': 'park',
    'attempts used up, one second': 'park',
  },
  STORE_REJECTED: always('park'),
  OWNERSHIP_LOST: always('abandon'),
  PROCESS_DIED: always('park'),
  LOGIN_FAILED: {
    ...always('retry in 30000, counts'),
    'the gate is closed, midway': 'retry in 30000, counts, from the first page',
    midway: 'retry in 30000, counts, from the first page',
    'midway, restarts used up': 'retry in 30000, counts, from the first page',
    'midway, restarts used up, one second': 'retry in 30000, counts, from the first page',
    'attempts used up': 'halt-account',
    'attempts used up, splits unknown': 'halt-account',
    'attempts used up, splits bring nothing': 'halt-account',
    'attempts used up, one second': 'halt-account',
  },
  ACCOUNT_REFUSED: always('halt-account'),
  CONFIG_INVALID: always('halt'),
};

/** An action in words, so that a table of them can be read. */
function inWords(action: Action): string {
  if (action.kind === 'probe-status')
    return `probe the status${action.waitMs > 0 ? ` within ${action.waitMs}` : ''}`;
  if (action.kind === 'look-up-splits') return 'look up the splits';
  if (action.kind !== 'retry') return action.kind;
  const restart = action.countsRestart ? ' as a restart' : '';
  return [
    action.waitMs > 0 ? `retry in ${action.waitMs}` : 'retry',
    ...(action.countsAttempt ? ['counts'] : []),
    ...(action.fromFirstPage ? [`from the first page${restart}`] : []),
    ...(action.slowsAccount ? ['slows the account'] : []),
  ].join(', ');
}

const classes: Readonly<
  Record<ErrorCode, new (message: string, context?: errors.ErrorContext) => PipelineError>
> = {
  TRANSPORT_FAILED: errors.TransportError,
  SOURCE_FAULT: errors.SoapFaultError,
  TOKEN_EXPIRED: errors.TokenExpiredError,
  RATE_LIMITED: errors.RateLimitedError,
  RETRIEVE_TIMED_OUT: errors.RetrieveTimedOutError,
  RESPONSE_MALFORMED: errors.ResponseMalformedError,
  BUDGET_EXCEEDED: errors.BudgetExceededError,
  CONTINUE_EXPIRED: errors.ContinueExpiredError,
  SOURCE_UNAVAILABLE: errors.SourceUnavailableError,
  SOURCE_UNREACHABLE: errors.SourceUnreachableError,
  RETRIEVE_FAILED: errors.RetrieveFailedError,
  PERMISSION_DENIED: errors.PermissionDeniedError,
  FEATURE_MISSING: errors.FeatureMissingError,
  REQUEST_INVALID: errors.RequestInvalidError,
  RECORD_UNREADABLE: errors.RecordUnreadableError,
  STORE_UNAVAILABLE: errors.StoreUnavailableError,
  STORE_REJECTED: errors.StoreRejectedError,
  OWNERSHIP_LOST: errors.OwnershipLostError,
  PROCESS_DIED: errors.ProcessDiedError,
  LOGIN_FAILED: errors.LoginFailedError,
  ACCOUNT_REFUSED: errors.AccountRefusedError,
  CONFIG_INVALID: errors.ConfigInvalidError,
};

function errorOf(code: ErrorCode, context?: errors.ErrorContext): PipelineError {
  return new classes[code]('it failed', context);
}

describe('the decision', () => {
  it.each(errorCodes.flatMap((code) => situationNames.map((situation) => ({ code, situation }))))(
    'on $code when it is $situation is the one in the table',
    ({ code, situation }) => {
      expect(inWords(decide(errorOf(code), situations[situation]))).toBe(expected[code][situation]);
    },
  );

  it('on an error that is not ours is to halt: it is a bug', () => {
    expect(decide(new TypeError('undefined is not a function'), start)).toEqual({ kind: 'halt' });
    expect(decide('a string', { ...start, isStopping: true })).toEqual({ kind: 'release' });
  });

  it.each(['PERMISSION_DENIED', 'FEATURE_MISSING'] as const)(
    'on %s of what an account need not have is to skip it',
    (code) => {
      expect(decide(errorOf(code), { ...start, isOptional: true })).toEqual({ kind: 'skip-event-type' });
      expect(decide(errorOf('REQUEST_INVALID'), { ...start, isOptional: true })).toEqual({ kind: 'park' });
    },
  );

  it('asks for the status about a time-out of our own, and splits when the gate is open', () => {
    const error = errorOf('RETRIEVE_TIMED_OUT', { isUnanswered: true });
    expect(inWords(decide(error, start))).toBe('probe the status');
    expect(inWords(decide(error, { ...start, isGateOpen: false, isMidway: true }))).toBe(
      'retry, from the first page',
    );
    expect(inWords(decide(error, { ...start, isGateOpen: true }))).toBe('narrow');
  });

  it('lets a service wait for a person who corrects an address', () => {
    const error = errorOf('SOURCE_UNREACHABLE');
    expect(inWords(decide(error, { ...start, isService: true }))).toBe('retry in 60000');
  });

  it('lets a service that has nothing to park yet go on each minute when the attempts are used up', () => {
    const starting = { ...answered, attempts: many, canPark: false, canSplit: false };
    for (const code of ['TRANSPORT_FAILED', 'SOURCE_FAULT', 'RATE_LIMITED', 'RESPONSE_MALFORMED'] as const) {
      expect(inWords(decide(errorOf(code), { ...starting, isService: true }))).toBe('retry in 60000');
      expect(inWords(decide(errorOf(code), starting))).toBe('park');
    }
    expect(inWords(decide(errorOf('LOGIN_FAILED'), { ...starting, isService: true }))).toBe('halt-account');
    expect(inWords(decide(errorOf('REQUEST_INVALID'), { ...starting, isService: true }))).toBe('park');
  });

  it('waits for a fresh status before the last attempt is used up', () => {
    expect(inWords(decide(errorOf('TRANSPORT_FAILED'), { ...start, attempts: 4 }))).toBe('probe the status');
    expect(inWords(decide(errorOf('TRANSPORT_FAILED'), { ...start, attempts: 5 }))).toBe(
      'probe the status within 30000',
    );
  });

  it('doubles the back-off with each attempt, and does as Retry-After says', () => {
    const state = { ...answered, attempts: 3 };
    expect(inWords(decide(errorOf('TRANSPORT_FAILED'), state))).toBe('retry in 8000, counts');
    expect(inWords(decide(errorOf('RATE_LIMITED', { retryAfterMs: 7000 }), state))).toBe(
      'retry in 7000, counts, slows the account',
    );
  });
});

describe('any sequence of failures', () => {
  it('ends: no work is attempted without a limit while the gate is open', () => {
    const codes = errorCodes.filter((code) => code !== 'SOURCE_UNAVAILABLE');
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...codes), { minLength: 40, maxLength: 40 }),
        fc.boolean(),
        fc.boolean(),
        (failures, canSplit, isMidway) => {
          let state: WorkState = { ...answered, canSplit, isMidway };
          const end = failures.find((code) => {
            const action = decide(errorOf(code), state);
            if (action.kind !== 'retry') return true;
            expect(action.countsAttempt || action.countsRestart).toBe(true);
            state = {
              ...state,
              attempts: state.attempts + Number(action.countsAttempt),
              restarts: state.restarts + Number(action.countsRestart),
            };
            return false;
          });
          expect(end).toBeDefined();
        },
      ),
    );
  });
});
