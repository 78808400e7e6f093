import { parseDeliveryRequest } from '../../../../simulator/http/delivery-request.ts';

describe('a delivery request', () => {
  it('names a job, and what to withhold and double of it', () => {
    const withheld = { every: 10, types: ['click'], until: '2026-08-01T00:00:00Z' };
    const doubled = { every: 50, laterByMs: 10 };
    expect(parseDeliveryRequest({ account: 1, job: 2, withheld, doubled })).toEqual({
      accountId: 1,
      jobId: 2,
      delivery: { withheld: { ...withheld, until: new Date(withheld.until) }, doubled },
    });
    expect(parseDeliveryRequest({ account: 1, job: 2 }).delivery).toEqual({});
  });

  it.each([
    ['no job', { account: 1 }, 'a delivery must be'],
    ['a share instead of a count', { account: 1, job: 2, withheld: { every: 0.1 } }, 'a delivery must be'],
    [
      'an unknown type',
      { account: 1, job: 2, doubled: { every: 2, types: ['opens'] } },
      'types must be some of',
    ],
    ['no date', { account: 1, job: 2, withheld: { every: 2, until: 'soon' } }, 'until must be an ISO date'],
  ])('is refused with %s', (_name, json, text) => {
    expect(() => parseDeliveryRequest(json)).toThrow(text);
  });
});
