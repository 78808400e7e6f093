import { errorCodes, type ErrorCode } from '../../../src/errors.ts';
import { type Disposition, errorPolicy } from '../../../src/pipeline/error-policy.ts';

/** What conventions and handbook promise of each error; a new code does not compile until it is here. */
const promised: Readonly<Record<ErrorCode, Disposition['verdict']>> = {
  TRANSPORT_FAILED: 'retry',
  SOURCE_FAULT: 'retry',
  TOKEN_EXPIRED: 'retry',
  RATE_LIMITED: 'slow',
  RETRIEVE_TIMED_OUT: 'split',
  RESPONSE_MALFORMED: 'retry',
  CONTINUE_EXPIRED: 'restart',
  SOURCE_UNAVAILABLE: 'pause',
  RETRIEVE_FAILED: 'retry',
  PERMISSION_DENIED: 'park-event-type',
  REQUEST_INVALID: 'park',
  RECORD_UNREADABLE: 'set-aside',
  STORE_UNAVAILABLE: 'retry',
  STORE_REJECTED: 'park',
  OWNERSHIP_LOST: 'abandon',
  ACCOUNT_REFUSED: 'halt-account',
  CONFIG_INVALID: 'halt',
};

/** Failures that a maintenance or an outage can explain; no other asks for the system status. */
const probed: ErrorCode[] = ['TRANSPORT_FAILED', 'SOURCE_FAULT', 'RETRIEVE_FAILED'];

describe('the verdict on an error', () => {
  it.each(errorCodes)('of %s is the promised one', (code) => {
    const policy: Disposition = errorPolicy[code];
    expect(policy.verdict).toBe(promised[code]);
    expect('isProbed' in policy && policy.isProbed).toBe(probed.includes(code));
  });

  it('never tries anything without a bound', () => {
    const dispositions: Disposition[] = Object.values(errorPolicy);
    const bounds = dispositions.flatMap((policy) => ('attemptsMax' in policy ? [policy.attemptsMax] : []));
    expect(Math.max(...bounds)).toBeLessThanOrEqual(10);
    expect(Math.min(...bounds)).toBeGreaterThan(0);
  });

  it('cuts the window where the answer stays damaged, so that one bad record stands alone in the end', () => {
    expect(errorPolicy.RESPONSE_MALFORMED.then).toBe('split');
  });
});
