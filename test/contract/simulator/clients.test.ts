import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type Simulator, startSimulator } from '../../../simulator/http/server.ts';
import { createWorld, type World } from '../../../simulator/world/world.ts';
import { findPythonWith } from '../../support/outside/system-program.ts';

// Clients that nobody here wrote read every event of the simulator, page by page. sfmc-sdk has a file of its own.

const accountId = 7_000_001;
const python = findPythonWith('zeep');
const eventTypes = [
  ['sent', 'SentEvent', ['SubscriberKey', 'SendID', 'ListID', 'EventDate']],
  ['open', 'OpenEvent', ['SubscriberKey', 'SendID', 'EventDate', 'Client.ID']],
  ['click', 'ClickEvent', ['SubscriberKey', 'SendID', 'EventDate', 'URL', 'URLID']],
  ['bounce', 'BounceEvent', ['SubscriberKey', 'SendID', 'EventDate', 'SMTPCode', 'BounceCategory']],
  ['unsub', 'UnsubEvent', ['SubscriberKey', 'SendID', 'EventDate', 'List.ID', 'IsMasterUnsubscribed']],
] as const;
let simulator: Simulator;
let world: World;

beforeAll(async () => {
  world = createWorld({ seed: 3, now: new Date(), jobs: 2, eventsPerJob: 2000 });
  simulator = await startSimulator({ world, requestIds: 'new' });
});
afterAll(() => simulator.stop());

const answerShape = z.object({
  pages: z.array(z.number()),
  overallStatus: z.string(),
  keys: z.number().optional(),
  system: z.string().optional(),
  described: z.number().optional(),
});
type Answer = z.infer<typeof answerShape>;

/** What a client answers to each request of a plan, in one process: to load a client takes longer than to read all. */
async function run(program: string, reader: string, plan: object): Promise<Answer[]> {
  const file = fileURLToPath(new URL(reader, import.meta.url));
  const { stdout } = await promisify(execFile)(program, [file, JSON.stringify(plan)]);
  return z.array(answerShape).parse(JSON.parse(stdout));
}

async function token(): Promise<string> {
  const { SFMC_CLIENT_ID: id, SFMC_CLIENT_SECRET: secret } = simulator.environment();
  const response = await fetch(`${simulator.url}/v2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
  });
  return z.object({ access_token: z.string() }).parse(await response.json()).access_token;
}

const total = (pages: readonly number[]) => pages.reduce((sum, count) => sum + count, 0);

describe('fuel-soap', () => {
  let answers: readonly Answer[];
  beforeAll(async () => {
    const { SFMC_CLIENT_ID: clientId, SFMC_CLIENT_SECRET: clientSecret } = simulator.environment();
    const requests = eventTypes.map(([, objectType, properties]) => ({ objectType, properties }));
    answers = await run(process.execPath, 'fuel-soap-reader.js', {
      ...{ url: simulator.url, clientId, clientSecret, accountId, requests },
    });
  });

  it.each(eventTypes)('reads every %s event, page by page', (type, objectType) => {
    const at = eventTypes.findIndex((one) => one[1] === objectType);
    const { pages = [], overallStatus } = answers[at] ?? {};
    const count = world.count(type, accountId);
    expect({ total: total(pages), pages: pages.length, overallStatus }).toEqual({
      ...{ total: count, pages: Math.max(1, Math.ceil(count / 2500)), overallStatus: 'OK' },
    });
  });
});

const others = [
  ['Subscriber', ['SubscriberKey', 'Status'], 'SubscriberKey'],
  ['ListSubscriber', ['SubscriberKey', 'ListID'], 'SubscriberKey'],
  ['Email', ['ID', 'Name', 'Subject'], 'ID'],
  ['DataFolder', ['Name', 'ContentType', 'ParentFolder.ID'], 'Name'],
] as const;

describe.each([
  ['SOAP 1.1', 'Soap'],
  ['SOAP 1.2', 'Soap12'],
] as const)('zeep, made from the description alone, over %s', (_, port) => {
  if (python === undefined) return;

  // Each type once: the versions differ in the envelope alone.
  const types = port === 'Soap' ? eventTypes : eventTypes.slice(1, 2);
  const plan = [
    ...types.map(([, objectType, properties]) => ({ objectType, properties, key: 'SubscriberKey' })),
    ...(port === 'Soap' ? others : []).map(([objectType, properties, key]) => ({
      ...{ objectType, properties, key },
    })),
  ];
  let answers: readonly Answer[];
  beforeAll(async () => {
    answers = await run(python, 'zeep-reader.py', {
      ...{ url: simulator.url, token: await token(), after: '2000-01-01T00:00:00' },
      requests: plan.map((request) => ({ ...request, port })),
    });
  });

  function answerTo(wanted: string): Answer {
    const answer = answers[plan.findIndex(({ objectType }) => objectType === wanted)];
    if (answer === undefined) throw new Error(`nothing was read of ${wanted}`);
    return answer;
  }

  it.each(types)('reads every %s event, page by page', (type, objectType) => {
    const read = answerTo(objectType);
    const count = world.count(type, accountId);
    expect({ ...read, total: total(read.pages), pages: read.pages.length }).toMatchObject({
      ...{ total: count, pages: Math.max(1, Math.ceil(count / 500)), overallStatus: 'OK', system: 'OK' },
    });
    expect(read.described).toBeGreaterThan(5);
  });

  const readsPeople = port === 'Soap' ? it : undefined;
  readsPeople?.('reads people, lists, mails and folders', () => {
    const sent = [...world.events('sent', accountId)].filter(({ subscriberKey }) => subscriberKey !== null);
    const people = new Set(sent.map(({ subscriberKey }) => subscriberKey)).size;
    const subscribers = answerTo('Subscriber');
    expect([total(subscribers.pages), subscribers.keys]).toEqual([people, people]);
    const members = answerTo('ListSubscriber');
    expect([members.keys, total(members.pages) >= people]).toEqual([people, true]);
    expect(answerTo('Email').keys).toBe(new Set(world.jobs(accountId).map(({ emailId }) => emailId)).size);
    expect(answerTo('DataFolder').keys).toBe(3);
  });
});

describe('the description of the service', () => {
  it.each(['/etframework.wsdl', '/Service.asmx?wsdl', '/ETFrameworkFault.xsd'])(
    'is served at %s, also to HEAD',
    async (path) => {
      const [got, head] = await Promise.all([
        fetch(`${simulator.url}${path}`),
        fetch(`${simulator.url}${path}`, { method: 'HEAD' }),
      ]);
      const body = await got.text();
      expect([got.status, head.status, await head.text()]).toEqual([200, 200, '']);
      expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
      if (!path.endsWith('.xsd')) expect(body).toContain(`location="${simulator.url}/Service.asmx"`);
    },
  );
});

describe('SOAP 1.2', () => {
  it('gets a response in SOAP 1.2, faults included', async () => {
    const post = (body: string) =>
      fetch(`${simulator.url}/Service.asmx`, {
        method: 'POST',
        headers: { 'content-type': 'application/soap+xml; charset=utf-8; action="Retrieve"' },
        body,
      });
    const envelope = (header: string) =>
      `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>${header}</s:Header><s:Body>` +
      '<RetrieveRequestMsg xmlns="http://exacttarget.com/wsdl/partnerAPI"><RetrieveRequest>' +
      '<ObjectType>Email</ObjectType><Properties>ID</Properties></RetrieveRequest></RetrieveRequestMsg></s:Body></s:Envelope>';
    const good = await post(
      envelope(`<fueloauth xmlns="http://exacttarget.com">${await token()}</fueloauth>`),
    );
    const refused = await post(envelope('<fueloauth xmlns="http://exacttarget.com">none</fueloauth>'));
    const unreadable = await post('<s:Envelope');
    const namespace = 'xmlns:soap="http://www.w3.org/2003/05/soap-envelope"';
    for (const response of [good, refused, unreadable]) {
      expect(response.headers.get('content-type')).toBe('application/soap+xml; charset=utf-8');
      expect(await response.clone().text()).toContain(namespace);
    }
    expect([good.status, refused.status, unreadable.status]).toEqual([200, 500, 500]);
    expect(await refused.text()).toMatch(/<soap:Code><soap:Value>soap:(?:Sender|Receiver)<.*<soap:Reason>/u);
    expect(await unreadable.text()).toContain('<soap:Value>soap:Sender</soap:Value>');
  });
});

describe('GET /hub/v1/campaigns', () => {
  it('has a page of campaigns for a token, and nothing without one', async () => {
    const headers = { authorization: `Bearer ${await token()}` };
    const url = `${simulator.url}/hub/v1/campaigns?$page=1&$pageSize=2`;
    const page = z.object({ count: z.number(), items: z.array(z.unknown()) });
    const { count, items } = page.parse(await (await fetch(url, { headers })).json());
    expect([count > 0, items.length]).toEqual([true, Math.min(count, 2)]);
    expect((await fetch(url)).status).toBe(401);
  });
});
