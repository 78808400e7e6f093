import { rememberSecret } from '../../../src/known-secrets.ts';
import {
  faultError,
  httpError,
  overallStatusError,
  parseRetryAfter,
} from '../../../src/marketing-cloud/source-errors.ts';

const faults: readonly [string, string, number | undefined, string, string][] = [
  // faultcode, faultstring, apifault, with a token, with user and password
  ['Security', 'Token Expired', undefined, 'TOKEN_EXPIRED', 'ACCOUNT_REFUSED'],
  ['Security', ' token expired\n', undefined, 'TOKEN_EXPIRED', 'ACCOUNT_REFUSED'],
  ['Security', 'Login Failed', undefined, 'TOKEN_EXPIRED', 'ACCOUNT_REFUSED'],
  ['Server', 'Login failed', 12, 'TOKEN_EXPIRED', 'ACCOUNT_REFUSED'],
  ['Security', 'Something new', undefined, 'TOKEN_EXPIRED', 'ACCOUNT_REFUSED'],
  ['Server', 'Rate Limited', 17, 'RATE_LIMITED', 'RATE_LIMITED'],
  ['Server', 'Slow down', 17, 'RATE_LIMITED', 'RATE_LIMITED'],
  ['Server', 'Unplanned Outage', 2, 'SOURCE_FAULT', 'SOURCE_FAULT'],
  ['Server', 'In Maintenance', 9, 'SOURCE_FAULT', 'SOURCE_FAULT'],
  ['Server', 'Authorization failure', 11, 'PERMISSION_DENIED', 'PERMISSION_DENIED'],
  ['Server', 'Surveys are not enabled for your account', undefined, 'FEATURE_MISSING', 'FEATURE_MISSING'],
  ['Server', 'Unsupported object', 8, 'REQUEST_INVALID', 'REQUEST_INVALID'],
  ['Server', 'There is an error in XML document (1, 2).', undefined, 'REQUEST_INVALID', 'REQUEST_INVALID'],
  [
    'Client',
    'Server did not recognize the value of HTTP Header SOAPAction',
    undefined,
    'REQUEST_INVALID',
    'REQUEST_INVALID',
  ],
  ['Sender', 'anything', undefined, 'REQUEST_INVALID', 'REQUEST_INVALID'],
  ['Server', 'never seen before', 4711, 'SOURCE_FAULT', 'SOURCE_FAULT'],
  ['', '', undefined, 'SOURCE_FAULT', 'SOURCE_FAULT'],
];

const statuses: readonly [string | undefined, string][] = [
  ['Error: Timeout expired.  The timeout period elapsed prior to completion', 'RETRIEVE_TIMED_OUT'],
  ['Error: Execution Timeout Expired.', 'RETRIEVE_TIMED_OUT'],
  ['Error: The RequestID sent through ContinueRequest does not exist.', 'CONTINUE_EXPIRED'],
  ['Error: API Permission Failed. Please check the permissions', 'PERMISSION_DENIED'],
  [
    'Error: The Request Property(s) A, B do not match with the fields of SentEvent retrieve',
    'REQUEST_INVALID',
  ],
  ['Error: Unable to find a handler for object type: X.', 'FEATURE_MISSING'],
  ['Error: The feature SurveyEvent is not enabled for this account.', 'FEATURE_MISSING'],
  ["Error: Invalid column name 'X'.", 'REQUEST_INVALID'],
  ['Error: Unknown filter of type FilterPart encountered', 'REQUEST_INVALID'],
  ["Error: Incorrect syntax near the keyword 'AND'.", 'REQUEST_INVALID'],
  ['Error: Invalid argument for the equals operator. Filter array cannot be null.', 'REQUEST_INVALID'],
  ['Error: Transaction was deadlocked on lock resources', 'RETRIEVE_FAILED'],
  ['Error: Concurrency violation', 'RETRIEVE_FAILED'],
  ['Error: Object reference not set to an instance of an object.', 'RETRIEVE_FAILED'],
  ['Error: No rows were found', 'RETRIEVE_FAILED'],
  ['Error', 'RETRIEVE_FAILED'],
  ['Error: something never seen before', 'RETRIEVE_FAILED'],
  ['Has Errors', 'RETRIEVE_FAILED'],
  ['ok', 'RETRIEVE_FAILED'],
  ['OK with more', 'RETRIEVE_FAILED'],
  ['', 'RETRIEVE_FAILED'],
  [undefined, 'RETRIEVE_FAILED'],
];

describe('a fault', () => {
  it.each(faults)('%s "%s" (%s) is %s, or %s with a password', (code, text, detailCode, oauth, password) => {
    const fault = { code, text, detailCode, detailMessage: undefined };
    expect(faultError(fault, 'oauth', {}).code).toBe(oauth);
    expect(faultError(fault, 'usernameToken', {}).code).toBe(password);
  });

  it('is recognized by the text of its detail alone', () => {
    const fault = { code: 'Server', text: 'Fault', detailCode: undefined, detailMessage: 'Rate Limited' };
    expect(faultError(fault, 'oauth', {})).toMatchObject({
      code: 'RATE_LIMITED',
      context: { faultCode: 'Server' },
    });
  });
});

describe('an overall status', () => {
  it.each(statuses)('%s is %s', (status, code) => {
    expect(overallStatusError(status, { objectType: 'SentEvent' })).toMatchObject({
      code,
      context: { objectType: 'SentEvent' },
    });
  });

  it.each(['OK', 'MoreDataAvailable'])('is no error when it is exactly %s', (status) => {
    expect(overallStatusError(status, {})).toBeUndefined();
  });
});

describe('an HTTP status without a SOAP answer', () => {
  it.each([
    [200, 'TRANSPORT_FAILED'],
    [302, 'TRANSPORT_FAILED'],
    [400, 'REQUEST_INVALID'],
    [403, 'TRANSPORT_FAILED'],
    [404, 'REQUEST_INVALID'],
    [415, 'REQUEST_INVALID'],
    [429, 'RATE_LIMITED'],
    [500, 'TRANSPORT_FAILED'],
    [502, 'TRANSPORT_FAILED'],
    [503, 'TRANSPORT_FAILED'],
    [504, 'TRANSPORT_FAILED'],
  ])('%i is %s', (status, code) => {
    expect(httpError(status, 1500, {})).toMatchObject({
      code,
      context: { httpStatus: status, retryAfterMs: 1500 },
    });
  });

  it('says how long to wait, in seconds or as a date', () => {
    const now = new Date('2024-03-10T08:00:00Z');
    expect(parseRetryAfter('90', now)).toBe(90_000);
    expect(parseRetryAfter('Sun, 10 Mar 2024 08:01:00 GMT', now)).toBe(60_000);
    expect(parseRetryAfter('Sun, 10 Mar 2024 07:00:00 GMT', now)).toBe(0);
    expect(parseRetryAfter('soon', now)).toBeUndefined();
    expect(parseRetryAfter(undefined, now)).toBeUndefined();
  });
});

describe('a kept error text', () => {
  it('holds no address, no URL and no long quoted value', () => {
    const quoted = 'x'.repeat(60);
    const text = `Error: no jane.doe+a@example.com at https://example.com/?t=secret in '${quoted}' for 'EventDate'`;
    expect(overallStatusError(text, {})?.message).toMatch(
      /no \[address\] at \[url\] in \[value\] for 'EventDate'$/u,
    );
  });

  it('holds no character that a terminal obeys or Postgres cannot store', () => {
    const message = overallStatusError('Error: a\u0000b\u001b[31mc\u202Ed', {})?.message;
    expect(message).toMatch(/Error: a b \[31mc d$/u);
  });

  it('is cut to one line of bounded length, in bounded time', () => {
    const message = overallStatusError(`Error: a\n\n${'b '.repeat(1_000_000)}`, {})?.message ?? '';
    expect(message).toContain('a b b b');
    expect(message.length).toBeLessThanOrEqual(600);
  });
});

describe('a text that quotes what nobody may read', () => {
  const messageOf = (text: string): string =>
    faultError({ code: 'Server', text, detailCode: undefined, detailMessage: undefined }, 'oauth', {})
      .message;

  it.each([
    'Subscriber key 0031x00000AbCdEFGH is unknown',
    "SubscriberKey 'anna-17' was not found",
    'SubscriberKey=anna-17',
    '{"SubscriberKey":"anna-17"}',
    'contact_key: anna-17',
    'no row 0031x00000AbCdEFGH',
    'no row 6f1e9bb2-9f4e-4c0b-8ad6-0f0c1e2d3a4b',
    'no address anna-17@example.com',
  ])('%s', (text) => {
    expect(messageOf(text)).not.toMatch(/anna|0031x|6f1e9bb2/u);
  });

  it('names properties all the same', () => {
    const text =
      "The Request Property(s) SubscriberKey, BatchID do not match. 'SubscriberKey'. SubscriberKey missing";
    expect(messageOf(text)).toContain(text);
  });

  it('has no known secret, and nothing that a terminal obeys', () => {
    rememberSecret('my client secret');
    expect(messageOf('bad\u001b[2J my client secret\u009b')).toBe(
      'Marketing Cloud sent a fault: bad [2J [redacted]',
    );
  });
});
