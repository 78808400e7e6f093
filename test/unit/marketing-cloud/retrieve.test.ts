import { sent } from '../../../src/events/sent.ts';
import {
  type AccountClient,
  type Admission,
  createAccountClient,
} from '../../../src/marketing-cloud/account-client.ts';
import {
  type PageSink,
  type RetrievePage,
  retrievePages,
  type RetrieveRequest,
} from '../../../src/marketing-cloud/retrieve.ts';
import { requestSystemStatus } from '../../../src/marketing-cloud/system-status.ts';
import { fault, retrieved, sentRecord, systemStatus } from './response/responses.ts';
import { reachabilityWhere } from '../../support/reachability.ts';
import { type Loopback, type Received, reply, type Reply, startLoopback, tokenReply } from './loopback.ts';

const never = new AbortController().signal;
let server: Loopback | undefined;
let account: AccountClient | undefined;
let admission: Admission;

beforeEach(() => {
  admission = { admit: () => Promise.resolve(), succeeded: () => Promise.resolve() };
});

afterEach(async () => {
  await account?.close();
  await server?.stop();
});

/** A server whose token service works and whose nth SOAP answer is the nth reply. */
async function start(...replies: readonly Reply[]): Promise<AccountClient> {
  const token = tokenReply();
  let count = 0;
  server = await startLoopback((response, request) => {
    if (request.path === '/v2/token') {
      token(response, request);
    } else {
      replies[Math.min(count, replies.length - 1)]?.(response, request);
      count += 1;
    }
  });
  account = createAccountClient({
    auth: { kind: 'oauth', authUrl: server.url, clientId: 'client-1', clientSecret: 'secret-1' },
    soapUrl: server.url,
    accountId: 7000001,
    reachability: reachabilityWhere(true),
    requestTimeoutMs: 60_000,
    admission,
    now: () => new Date(),
  });
  return account;
}

const soapRequests = (): Received[] => server?.received.filter(({ path }) => path === '/Service.asmx') ?? [];
const tagged = (name: string): (string | undefined)[] =>
  soapRequests().map(({ body }) => new RegExp(`<${name}[^>]*>([^<]*)<`).exec(body)?.[1]);

const keys = (): PageSink<(string | null | undefined)[]> => {
  const page: (string | null | undefined)[] = [];
  const slot = ['Client.ID', ...Object.values(sent.columns).map(({ property }) => property)].indexOf(
    'SubscriberKey',
  );
  return { append: (values) => page.push(values[slot]), finish: () => page };
};

const request: RetrieveRequest = {
  definition: sent,
  filter: { property: 'SendID', operator: 'equals', values: [1543790] },
  pageSize: 2,
  pagesMax: 10,
};

type Keys = ReturnType<ReturnType<typeof keys>['finish']>;

async function readAll(overrides: Partial<RetrieveRequest> = {}): Promise<RetrievePage<Keys>[]> {
  const pages: RetrievePage<Keys>[] = [];
  if (account === undefined) return pages;
  for await (const page of retrievePages(account, { ...request, ...overrides }, keys, never))
    pages.push(page);
  return pages;
}

const more = (id: string, ...subscribers: string[]): Reply =>
  reply(retrieved(subscribers.map(sentRecord).join(''), 'MoreDataAvailable', id));
const last = (id: string, ...subscribers: string[]): Reply =>
  reply(retrieved(subscribers.map(sentRecord).join(''), 'OK', id));
const tokenExpired = reply(fault('q0:Security', 'Token Expired'), 500);

describe('a window', () => {
  it('is read to its last page, each asked for with the RequestID of the one before', async () => {
    await start(more('r1', 'a', 'b'), more('r2', 'c', 'd'), more('r2', 'e', 'f'), last('r2', 'g'));
    const pages = await readAll();
    expect(pages.map(({ page }) => page)).toEqual([['a', 'b'], ['c', 'd'], ['e', 'f'], ['g']]);
    expect(pages.map(({ isLast, requestId, recordCount }) => [isLast, requestId, recordCount])).toEqual([
      [false, 'r1', 2],
      [false, 'r2', 2],
      [false, 'r2', 2],
      [true, 'r2', 1],
    ]);
    expect(pages[0]?.serverTime).toEqual(new Date('2024-03-10T08:00:00Z'));
    expect(tagged('ContinueRequest')).toEqual([undefined, 'r1', 'r2', 'r2']);
    expect(tagged('SimpleOperator')).toEqual(['equals', undefined, undefined, undefined]);
    expect(tagged('BatchSize')).toEqual(['2', '2', '2', '2']);
    expect(soapRequests()[0]?.headers).toMatchObject({
      soapaction: 'Retrieve',
      'content-type': 'text/xml; charset=utf-8',
    });
  });

  it('may be empty', async () => {
    await start(last('r1'));
    expect(await readAll()).toMatchObject([{ page: [], isLast: true, recordCount: 0 }]);
  });

  it('goes on from a RequestID kept from before', async () => {
    await start(last('r2', 'c'));
    await readAll({ continueFrom: 'r1' });
    expect(tagged('ContinueRequest')).toEqual(['r1']);
  });

  it('asks for no page before it is wanted', async () => {
    const client = await start(more('r1', 'a'), last('r2', 'b'));
    const pages = retrievePages(client, request, keys, never);
    await pages.next();
    expect(soapRequests()).toHaveLength(1);
    await pages.return(undefined);
    expect(soapRequests()).toHaveLength(1);
  });

  it('waits at the one door before each request, and stops when it stays shut', async () => {
    const seen: string[] = [];
    const shut = new Error('gate closed');
    admission = {
      succeeded: () => Promise.resolve(),
      admit: (client, action) => {
        seen.push(action);
        expect(client).toBe(account);
        return seen.includes('left') ? Promise.reject(shut) : Promise.resolve();
      },
    };
    await start(more('r1', 'a'), last('r2', 'b'));
    await expect(readAll({ onRequest: () => seen.push('left') })).rejects.toBe(shut);
    expect(seen).toEqual(['Retrieve', 'left', 'Retrieve']);
    expect(soapRequests()).toHaveLength(1);
  });

  it('counts no request that the token service held up', async () => {
    let left = 0;
    server = await startLoopback(reply('{"error":"invalid_client"}', 401));
    const { url } = server;
    account = createAccountClient({
      auth: { kind: 'oauth', authUrl: url, clientId: 'client-1', clientSecret: 'secret-1' },
      ...{
        soapUrl: url,
        reachability: reachabilityWhere(true),
        requestTimeoutMs: 60_000,
        admission,
        now: () => new Date(),
      },
    });
    await expect(readAll({ onRequest: () => (left += 1) })).rejects.toMatchObject({
      code: 'ACCOUNT_REFUSED',
    });
    expect(left).toBe(0);
  });
});

describe('a token that ends', () => {
  it('is renewed once and the same request repeated, also in the middle of a window', async () => {
    await start(tokenExpired, more('r1', 'a'), tokenExpired, last('r2', 'b'));
    expect((await readAll()).map(({ page }) => page)).toEqual([['a'], ['b']]);
    expect(tagged('ContinueRequest')).toEqual([undefined, undefined, 'r1', 'r1']);
    expect(tagged('fueloauth')).toEqual(['token-1', 'token-2', 'token-2', 'token-3']);
  });

  it('means a refused account when the new one is refused too', async () => {
    await start(tokenExpired);
    await expect(readAll()).rejects.toMatchObject({ code: 'ACCOUNT_REFUSED' });
    expect(soapRequests()).toHaveLength(2);
  });

  it('leaves none of the records behind that came before the refusal', async () => {
    const refused = fault('q0:Security', 'Token Expired').replace(
      '<soap:Fault>',
      `<RetrieveResponseMsg>${sentRecord('x')}</RetrieveResponseMsg><soap:Fault>`,
    );
    await start(reply(refused, 500), last('r1', 'a'));
    let left = 0;
    const pages = await readAll({ onRequest: () => (left += 1) });
    expect(pages.map(({ page }) => page)).toEqual([['a']]);
    expect(left).toBe(2);
  });

  it('is suspected once when a login fails', async () => {
    await start(reply(fault('q0:Security', 'Login failed'), 500));
    await expect(readAll()).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
    expect(soapRequests()).toHaveLength(2);
  });

  it('is renewed once after HTTP 401 without a SOAP response', async () => {
    await start(reply('{"message":"Not Authorized"}', 401), reply(retrieved(sentRecord('a'))));
    expect(await readAll()).toHaveLength(1);
    expect(soapRequests()).toHaveLength(2);
  });
});

describe('a failure', () => {
  const reset: Reply = (response) => {
    response.writeHead(200).write(retrieved(sentRecord('x')).slice(0, 900));
    setTimeout(() => response.socket?.resetAndDestroy(), 10);
  };

  it.each<[string, Reply, string]>([
    ['a connection cut in mid-body', reset, 'TRANSPORT_FAILED'],
    ['HTTP 503 with HTML', reply('<html><body>down<br></body>', 503), 'TRANSPORT_FAILED'],
    ['HTML with status 200', reply('<!DOCTYPE html><html></html>'), 'TRANSPORT_FAILED'],
    [
      'HTTP 500 with a page that claims to be fine',
      reply(retrieved(sentRecord('x')), 500),
      'TRANSPORT_FAILED',
    ],
    ['HTTP 429', reply('', 429, { 'retry-after': '7' }), 'RATE_LIMITED'],
    ['HTTP 400', reply('Bad Request', 400), 'REQUEST_INVALID'],
    ['a fault with status 200', reply(fault('soap:Server', 'Rate Limited', 17)), 'RATE_LIMITED'],
    ['a fault with status 400', reply(fault('soap:Server', 'oops', 10), 400), 'SOURCE_FAULT'],
    ['a page cut off cleanly', reply(retrieved(sentRecord('x')).slice(0, 900)), 'RESPONSE_MALFORMED'],
    [
      'an error text in a page with records',
      reply(retrieved(sentRecord('x'), 'Error: Timeout expired')),
      'RETRIEVE_TIMED_OUT',
    ],
    [
      'a forgotten RequestID',
      reply(retrieved('', 'Error: The RequestID sent through ContinueRequest does not exist.')),
      'CONTINUE_EXPIRED',
    ],
    [
      'no overall status',
      reply(retrieved('').replace(/<OverallStatus>.*<\/OverallStatus>/, '')),
      'RETRIEVE_FAILED',
    ],
  ])('never looks like the end of data, and tells on which page: %s', async (_, answer, code) => {
    await start(answer);
    await expect(readAll()).rejects.toMatchObject({
      code,
      context: { isContinue: false, objectType: 'SentEvent' },
    });
    await account?.close();
    await server?.stop();
    await start(more('r1', 'a'), answer);
    await expect(readAll()).rejects.toMatchObject({ code, context: { isContinue: true } });
  });

  it.each<[string, Reply, object]>([
    [
      'a fault',
      reply(fault('soap:Server', 'oops', 10), 500),
      { httpStatus: 500, detailCode: 10, faultCode: 'Server' },
    ],
    ['an error text', reply(retrieved('', 'Error: oops', 'r-7')), { requestId: 'r-7' }],
    ['HTTP 429', reply('', 429, { 'retry-after': '7' }), { httpStatus: 429, retryAfterMs: 7000 }],
    [
      'a page cut off',
      reply(retrieved(sentRecord('x'), 'OK', 'r-8').slice(0, 900)),
      { requestId: 'r-8', byteOffset: 900 },
    ],
    [
      'a connection cut in mid-body',
      reset,
      { requestId: 'request-1', isUnanswered: true, errorCode: 'ECONNRESET' },
    ],
  ])('carries what is known of it: %s', async (_, answer, context) => {
    await start(answer);
    await expect(readAll()).rejects.toMatchObject({ context });
  });

  it('passes an abort on as its reason', async () => {
    const client = await start(() => undefined);
    const reason = new Error('drained');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    await expect(retrievePages(client, request, keys, controller.signal).next()).rejects.toBe(reason);
  });
});

describe('a server that does not come to an end', () => {
  it('is found out when a page repeats the one before it', async () => {
    await start(more('r1', 'a', 'b'), more('r2', 'a', 'b'));
    await expect(readAll()).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
    expect(soapRequests()).toHaveLength(2);
  });

  it('is found out when it keeps promising more on empty pages', async () => {
    await start(more('r1'), more('r1'), more('r1'), last('r1', 'a'));
    expect(await readAll()).toHaveLength(4);
    await account?.close();
    await server?.stop();
    await start(more('r1'));
    await expect(readAll()).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
    expect(soapRequests()).toHaveLength(4);
  });

  it('is found out when more is promised without a RequestID', async () => {
    await start(more('', 'a'));
    await expect(readAll()).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
  });

  it('is left after the upper bound of pages', async () => {
    let count = 0;
    await start((response, message) => {
      count += 1;
      more('r1', `sub-${count}`)(response, message);
    });
    await expect(readAll({ pagesMax: 5 })).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
    expect(soapRequests()).toHaveLength(5);
  });
});

describe('the system status', () => {
  it.each([
    [['OK'], 'available'],
    [['OK', 'InMaintenance'], 'in-maintenance'],
    [['UnplannedOutage', 'InMaintenance', 'OK'], 'unplanned-outage'],
  ])('%j is %s: the worst result counts', async (statuses, expected) => {
    const client = await start(reply(systemStatus(...statuses)));
    await expect(requestSystemStatus(client, never)).resolves.toBe(expected);
    expect(soapRequests()[0]?.headers['soapaction']).toBe('GetSystemStatus');
  });

  it.each<[string, Reply]>([
    ['no result', reply(systemStatus())],
    ['a new word', reply(systemStatus('OK', 'Sleeping'))],
    ['a fault', reply(fault('soap:Server', 'Unplanned Outage', 2), 500)],
    ['HTML', reply('<html>', 503)],
  ])('is unknown, which is an error, when the answer is %s', async (_, answer) => {
    const client = await start(answer);
    await expect(requestSystemStatus(client, never)).rejects.toHaveProperty('code');
  });
});

describe('user and password', () => {
  it('ask on behalf of the business unit, and are refused at once', async () => {
    server = await startLoopback(last('r1', 'a'), reply(fault('q0:Security', 'Login failed'), 500));
    account = createAccountClient({
      auth: { kind: 'usernameToken', username: 'api', password: 'secret-1' },
      soapUrl: `${server.url}/`,
      accountId: 7000001,
      reachability: reachabilityWhere(true),
      requestTimeoutMs: 60_000,
      admission,
      now: () => new Date(),
    });
    expect(await readAll()).toHaveLength(1);
    expect(server.received[0]?.body).toContain('<ClientIDs><ID>7000001</ID></ClientIDs><ObjectType>');
    await expect(readAll()).rejects.toMatchObject({ code: 'ACCOUNT_REFUSED' });
    expect(server.received).toHaveLength(2);
  });
});
