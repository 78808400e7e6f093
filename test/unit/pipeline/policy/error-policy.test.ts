import {
  type ErrorCode,
  errorCodes,
  LoginFailedError,
  RecordUnreadableError,
  SourceUnreachableError,
  StoreUnavailableError,
  TransportError,
} from '../../../../src/errors.ts';
import {
  type Disposition,
  errorPolicy,
  isOfConnection,
  isOfOneRecord,
  isRefusalOfAccount,
} from '../../../../src/pipeline/policy/error-policy.ts';

/** Failures that an outage can explain; no other asks for the system status. */
const probes: Readonly<Record<ErrorCode, 'always' | 'unanswered' | 'never'>> = {
  TRANSPORT_FAILED: 'always',
  SOURCE_FAULT: 'always',
  TOKEN_EXPIRED: 'never',
  RATE_LIMITED: 'never',
  RETRIEVE_TIMED_OUT: 'unanswered',
  RESPONSE_MALFORMED: 'never',
  BUDGET_EXCEEDED: 'never',
  CONTINUE_EXPIRED: 'never',
  SOURCE_UNAVAILABLE: 'never',
  SOURCE_UNREACHABLE: 'never',
  RETRIEVE_FAILED: 'always',
  PERMISSION_DENIED: 'never',
  FEATURE_MISSING: 'never',
  REQUEST_INVALID: 'never',
  RECORD_UNREADABLE: 'never',
  STORE_UNAVAILABLE: 'never',
  STORE_REJECTED: 'never',
  OWNERSHIP_LOST: 'never',
  PROCESS_DIED: 'never',
  LOGIN_FAILED: 'never',
  ACCOUNT_REFUSED: 'never',
  CONFIG_INVALID: 'never',
};

describe('the error policy', () => {
  it.each(errorCodes)('asks for the system status about %s only where an outage can explain it', (code) => {
    const policy: Disposition = errorPolicy[code];
    expect('probe' in policy ? policy.probe : 'never').toBe(probes[code]);
  });

  it('says what an error is about, where others than a task have to know', () => {
    expect(errorCodes.filter(isRefusalOfAccount)).toEqual(['LOGIN_FAILED', 'ACCOUNT_REFUSED']);
    expect(isRefusalOfAccount('ARCHIVE_DAMAGED')).toBe(false);
    expect([new TransportError('x'), new SourceUnreachableError('x')].every(isOfConnection)).toBe(true);
    expect([new StoreUnavailableError('x'), new LoginFailedError('x'), 'x'].some(isOfConnection)).toBe(false);
    expect(isOfOneRecord(new RecordUnreadableError('x'))).toBe(true);
    expect(isOfOneRecord(new TypeError('x'))).toBe(false);
  });

  it('attempts nothing without a limit', () => {
    const dispositions: Disposition[] = Object.values(errorPolicy);
    const limits = dispositions.flatMap((policy) => ('attemptsMax' in policy ? [policy.attemptsMax] : []));
    expect(Math.max(...limits)).toBeLessThanOrEqual(10);
    expect(Math.min(...limits)).toBeGreaterThan(0);
  });

  it.each(errorCodes)('tells a person what to do about %s', (code) => {
    expect(errorPolicy[code].advice).toMatch(/^[a-zA-Z].{15,}[^.]$/u);
  });
});
