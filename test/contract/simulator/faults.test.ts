import { connect } from 'node:net';

import type { Fault } from '../../../simulator/faults/faults.ts';
import { errorTexts } from '../../support/error-texts.ts';
import { type Simulator, startSimulator } from '../../../simulator/http/server.ts';
import { createWorld } from '../../../simulator/world/world.ts';
import {
  fetchToken,
  postToken,
  retrieve,
  retrieveAll,
  retrieveEnvelope,
  simpleFilter,
} from '../../unit/simulator/soap/soap-client.ts';

const now = new Date('2026-07-01T12:00:00Z');
const accountId = 7_000_001;
const sentEvents = { objectType: 'SentEvent', properties: ['SubscriberKey', 'EventDate'], batchSize: 10 };
let simulator: Simulator;
let token: string;

beforeEach(async () => {
  const sentAt = new Date('2026-06-01T02:00:00Z');
  const createdAt = new Date('2026-06-01T00:00:00Z');
  const counts = { sent: 30 };
  const world = createWorld({
    now,
    jobSpecs: [{ accountId, jobId: 10, kind: 'list', createdAt, sentAt, counts }],
  });
  simulator = await startSimulator({ world, now: () => now });
  token = await fetchToken(simulator);
});

afterEach(async () => {
  await simulator.stop();
});

interface RawAnswer {
  /** Everything after the head of the answer, chunk lengths included. */
  readonly body: Buffer;
  readonly head: string;
  readonly end: 'end' | 'reset' | 'silence';
}

/** One Retrieve over a bare socket, to see on the wire what an HTTP client would hide. */
async function rawRetrieve(silenceMs = 10_000): Promise<RawAnswer> {
  const body = Buffer.from(retrieveEnvelope(token, sentEvents));
  const chunks: Buffer[] = [];
  const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1');
  const end = await new Promise<RawAnswer['end']>((resolve) => {
    socket.setTimeout(silenceMs, () => resolve('silence'));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('end', () => resolve('end'));
    socket.once('error', () => resolve('reset'));
    const lines = [
      'POST /Service.asmx HTTP/1.1',
      'Host: simulator',
      'Connection: close',
      'SOAPAction: Retrieve',
    ];
    socket.write([...lines, 'Content-Type: text/xml', `Content-Length: ${body.length}`, '', ''].join('\r\n'));
    socket.write(body);
  });
  socket.destroy();
  const whole = Buffer.concat(chunks);
  const split = whole.indexOf('\r\n\r\n');
  return {
    head: whole.subarray(0, Math.max(split, 0)).toString('latin1'),
    body: whole.subarray(split + 4),
    end,
  };
}

function inject(fault: Fault): void {
  simulator.setFaults([{ match: { objectType: 'SentEvent' }, fault }]);
}

describe('answers that are well-formed HTTP', () => {
  const cases: [Fault, number, string][] = [
    [{ kind: 'http', status: 503, headers: { 'Retry-After': '7' } }, 503, '<h1>Service Unavailable</h1>'],
    [{ kind: 'html-200' }, 200, '<h1>Service Unavailable</h1>'],
    [{ kind: 'soapFault', which: 'token-expired' }, 500, '<faultstring>Token Expired</faultstring>'],
    [{ kind: 'soapFault', which: 'login-failed' }, 500, '<faultstring>Login Failed</faultstring>'],
    [{ kind: 'soapFault', which: 'rate-limited' }, 500, '<Code>17</Code>'],
    [{ kind: 'soapFault', which: 'client' }, 500, '<faultcode>soap:Client</faultcode>'],
    [{ kind: 'soapFault', which: 'server-2' }, 500, '<Code>2</Code>'],
    [{ kind: 'soapFault', which: 'server-9' }, 500, '<Code>9</Code>'],
    [{ kind: 'soapFault', code: 13, text: 'Database' }, 500, '<Message>Database</Message>'],
    [{ kind: 'error', text: errorTexts.timeout }, 200, '<OverallStatus>Error: Timeout expired.  The timeout'],
    [{ kind: 'overallStatus', text: 'Has Errors' }, 200, '<OverallStatus>Has Errors</OverallStatus>'],
    [{ kind: 'overallStatus', text: '' }, 200, '<OverallStatus />'],
    [{ kind: 'overallStatus', text: null }, 200, 'partnerAPI"><RequestID>'],
    [{ kind: 'forbidden-characters' }, 200, '\u0001&#x1;</SubscriberKey>'],
    [{ kind: 'forbidden-characters', form: 'null-reference' }, 200, '&#0;</SubscriberKey>'],
    [{ kind: 'deep-nesting', levels: 5 }, 200, '<a><a><a><a><a></a>'],
    [{ kind: 'doctype' }, 200, '?><!DOCTYPE soap:Envelope [<!ENTITY e0'],
    [{ kind: 'slow-first-byte', ms: 5 }, 200, '<OverallStatus>MoreDataAvailable'],
  ];
  it.each(cases)('%j answers HTTP %d with its text', async (...[fault, status, text]) => {
    inject(fault);
    const reply = await retrieve(simulator, token, sentEvents);
    expect(reply.status).toBe(status);
    expect(reply.text).toContain(text);
    expect(simulator.requests.at(-1)).toMatchObject({ fault: fault.kind, status });
  });

  it('unclosed lacks the end tags though the answer ends in good order', async () => {
    inject({ kind: 'unclosed' });
    const reply = await retrieve(simulator, token, sentEvents);
    expect(reply.text).toContain('</Results>');
    expect(reply.text).not.toContain('</soap:Body>');
  });

  it('huge-text streams a text of that size in one record, compressed or not', async () => {
    const fault: Fault = { kind: 'huge-text', megabytes: 3.5 };
    const length = 3.5 * 1_048_576;
    inject(fault);
    const { text } = await retrieve(simulator, token, sentEvents);
    expect(/(x+)<\/SubscriberKey>/.exec(text)?.[1]).toHaveLength(length);
    expect(text).toMatch(/<\/soap:Envelope>$/);
    inject(fault);
    const { body, end } = await rawRetrieve();
    expect([body.length > length, end]).toEqual([true, 'end']);
  });

  it('truncate ends cleanly after too few bytes, with a length that agrees', async () => {
    inject({ kind: 'truncate', afterBytes: 700 });
    const { head, body, end } = await rawRetrieve();
    expect([body.length, end]).toEqual([700, 'end']);
    expect(head).toContain('Content-Length: 700');
  });

  it('invalid-utf8 puts bytes into a text that are none', async () => {
    inject({ kind: 'invalid-utf8' });
    const { body } = await rawRetrieve();
    expect(body.includes(Buffer.from([0xc3, 0x28]))).toBe(true);
  });
});

describe('connections that break', () => {
  it('reset-mid-body breaks off after some of the promised bytes', async () => {
    inject({ kind: 'reset-mid-body', afterBytes: 400 });
    const { head, body, end } = await rawRetrieve();
    expect(Number(/Content-Length: (\d+)/.exec(head)?.[1])).toBeGreaterThan(1000);
    expect([body.length <= 400, end]).toEqual([true, 'reset']);
  });

  it('hang never answers', async () => {
    inject({ kind: 'hang' });
    const { head, end } = await rawRetrieve(300);
    expect([head, end]).toEqual(['', 'silence']);
  });

  it('drip sends the beginning, and the next byte after its interval', async () => {
    inject({ kind: 'drip', afterBytes: 100, intervalMs: 60_000 });
    const { body, end } = await rawRetrieve(1000);
    expect([body.length, end]).toEqual([100, 'silence']);
  });

  it('lost-response breaks before the first byte, with the cursor moved on', async () => {
    const first = await retrieve(simulator, token, sentEvents);
    inject({ kind: 'lost-response' });
    const next = { ...sentEvents, continueRequest: first.requestId ?? '' };
    await expect(retrieve(simulator, token, next)).rejects.toThrow();
    const rest = await retrieve(simulator, token, next);
    expect([rest.overallStatus, rest.records.length]).toEqual(['OK', 10]);
  });
});

describe('paging that goes wrong', () => {
  it('empty-more answers a page of nothing, then the real one', async () => {
    simulator.setFaults([{ match: { page: 2 }, fault: { kind: 'empty-more' } }]);
    const pages = await retrieveAll(simulator, token, sentEvents);
    expect(pages.map((page) => page.records.length)).toEqual([10, 0, 10, 10]);
    expect(new Set(pages.flatMap((page) => page.records)).size).toBe(30);
  });

  it('endless-more answers the same records for ever', async () => {
    simulator.setFaults([{ match: { page: 'last' }, fault: { kind: 'endless-more' } }]);
    const pages = await retrieveAll(simulator, token, sentEvents);
    expect(pages).toHaveLength(101);
    expect(pages.at(-1)?.records).toEqual(pages[3]?.records);
  });

  it('endless-new answers new records for ever, after the real ones', async () => {
    const real = await retrieveAll(simulator, token, sentEvents);
    simulator.setFaults([{ match: { page: 'last' }, fault: { kind: 'endless-new' } }]);
    const pages = await retrieveAll(simulator, token, sentEvents);
    expect(pages).toHaveLength(101);
    expect(pages.slice(0, 3).map((page) => page.records)).toEqual(real.map((page) => page.records));
    expect(new Set(pages.flatMap((page) => page.records)).size).toBe(1010);
  });
});

describe('fault rules', () => {
  const error: Fault = { kind: 'error', text: 'injected' };
  const outcomes = async (count: number): Promise<boolean[]> => {
    const replies: boolean[] = [];
    for (let at = 0; at < count; at += 1)
      replies.push((await retrieve(simulator, token, sentEvents)).overallStatus === 'Error: injected');

    return replies;
  };

  it('apply as often as they say, after those they spare', async () => {
    simulator.setFaults([{ match: {}, skip: 1, times: 2, fault: error }]);
    expect(await outcomes(4)).toEqual([false, true, true, false]);
    simulator.setFaults([{ match: {}, times: -1, fault: error }]);
    expect(await outcomes(3)).toEqual([true, true, true]);
  });

  it.each(['first', 'middle', 'last'] as const)('find the %s page of a request', async (page) => {
    simulator.setFaults([{ match: { page }, fault: { kind: 'overallStatus', text: 'MoreDataAvailable ' } }]);
    const first = await retrieve(simulator, token, sentEvents);
    const next = { ...sentEvents, continueRequest: first.requestId ?? '' };
    const statuses = [first, await retrieve(simulator, token, next), await retrieve(simulator, token, next)];
    const hit = statuses.findIndex((reply) => reply.overallStatus === 'MoreDataAvailable ');
    expect(hit).toBe({ first: 0, middle: 1, last: 2 }[page]);
  });

  it('leave other jobs, accounts, types and short windows alone', async () => {
    simulator.setFaults(
      [{ jobId: 11 }, { accountId: 1 }, { objectType: 'OpenEvent' }, { operation: 'token' as const }].map(
        (match) => ({ match, fault: error }),
      ),
    );
    expect(await outcomes(1)).toEqual([false]);
  });

  it('take a request without a window for longer than any, and spare short windows', async () => {
    simulator.setFaults([{ match: { windowLongerThanMs: 3_600_000 }, times: -1, fault: error }]);
    const from = '2026-06-01T00:00:00Z';
    const statuses = ['2026-06-01T00:59:00Z', '2026-06-01T02:00:00Z'].map(async (to) => {
      const filter = simpleFilter('EventDate', 'between', [from, to]);
      return (await retrieve(simulator, token, { ...sentEvents, filter })).overallStatus;
    });
    expect([...(await outcomes(1)), ...(await Promise.all(statuses))]).toEqual([
      true,
      'OK',
      'Error: injected',
    ]);
  });

  it('spoil token answers: garbage, or another host for SOAP', async () => {
    simulator.setFaults([
      { match: { operation: 'token' }, fault: { kind: 'token-garbage' } },
      { match: { operation: 'token' }, fault: { kind: 'bad-soap-instance-url' } },
    ]);
    const garbage = await postToken(simulator, {});
    const led = await postToken(simulator, {});
    expect([garbage.status, await garbage.text()]).toEqual([200, expect.stringContaining('<html>')]);
    expect(await led.json()).toMatchObject({ soap_instance_url: 'https://soap.example.com/' });
  });

  it('come over HTTP too, and a wrong one is refused with the reason', async () => {
    const post = async (rules: unknown): Promise<Response> =>
      await fetch(`${simulator.url}/_simulator/faults`, { method: 'POST', body: JSON.stringify(rules) });
    expect((await post([{ match: {}, fault: error }])).status).toBe(200);
    expect(await outcomes(1)).toEqual([true]);
    const refused = await post([{ match: {}, fault: { kind: 'meteor' } }]);
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('fault rule 0')]);
  });
});
