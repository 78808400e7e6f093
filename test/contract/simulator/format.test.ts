import { readFileSync } from 'node:fs';

import sax from 'sax';

import { type Simulator, startSimulator } from '../../../simulator/http/server.ts';
import { createWorld } from '../../../simulator/world/world.ts';
import type { JobSpec, SimulatedEventType, TruthEvent } from '../../../simulator/world/truth.ts';
import {
  envelope,
  fetchToken,
  postSoap,
  postToken,
  retrieve,
  textOf,
} from '../../unit/simulator/soap/soap-client.ts';

const now = new Date('2024-07-01T12:00:00Z');
const occurredAt = Date.parse('2024-03-10T09:16:01.447Z');
const accountId = 7_000_001;
const fixtures = new URL('../../fixtures/soap/', import.meta.url);
let simulator: Simulator;
let token: string;

const event: TruthEvent = {
  accountId,
  jobId: 1_543_790,
  batchId: 1,
  subscriberKey: 'sub-0001',
  occurredAt,
  triggeredSendId: null,
  listId: 321,
  subscriberId: 88_001,
  urlId: 58_231,
  url: 'https://www.example.com/a?x=1&y=2',
  availableAt: occurredAt,
};
const raw = {
  IsMasterUnsubscribed: 'false',
  SMTPCode: '550',
  BounceCategory: 'Hard bounce',
  SMTPReason: 'x',
  BounceType: 'immediate',
};
const job: JobSpec = {
  accountId,
  jobId: 1_543_790,
  kind: 'list',
  createdAt: new Date('2024-03-10T08:29:12.410Z'),
  sentAt: new Date('2024-03-10T09:30:00Z'),
  events: {
    sent: [event],
    open: [event],
    click: [event],
    unsub: [{ ...event, raw }],
    bounce: [{ ...event, raw }],
    not_sent: [event],
  },
};
const scheduled: JobSpec = { ...job, jobId: 1_543_901, sentAt: null, scheduledAt: null, events: {} };
const triggered: JobSpec = { ...job, jobId: 1_543_902, kind: 'triggered', sentAt: null, events: {} };

beforeAll(async () => {
  simulator = await startSimulator({
    world: createWorld({ now, jobSpecs: [job, scheduled, triggered] }),
    now: () => now,
  });
  token = await fetchToken(simulator);
});
afterAll(async () => {
  await simulator.stop();
});

function fixture(path: string): string {
  return readFileSync(new URL(path, fixtures), 'utf8');
}

/** Elements in document order as paths with what their attributes claim; texts, ids and declarations are left out. */
function skeletonOf(xml: string, from = 'soap:Envelope'): string[] {
  const parser = sax.parser(true);
  const path: string[] = [];
  const skeleton: string[] = [];
  parser.onopentag = ({ name, attributes }) => {
    path.push(name);
    const claims = Object.entries(attributes)
      .filter(([key]) => !key.startsWith('xmlns') && key !== 'wsu:Id')
      .map(([key, value]) => `[${key}=${String(value)}]`);
    if (path.includes(from)) skeleton.push(path.join('/') + claims.join(''));
  };
  parser.onclosetag = () => path.pop();
  parser.write(xml).close();
  return skeleton;
}

function keysOf(json: unknown): string[] {
  return typeof json === 'object' && json !== null ? Object.keys(json) : [];
}

/** The sample's first record, as the properties that must have been asked for to get it. */
function firstRecord(path: string): string {
  return /<Results .*?<\/Results>/s.exec(fixture(path))?.[0] ?? '';
}

async function ask(objectType: string, properties: string[]): Promise<string> {
  return (await retrieve(simulator, token, { objectType, properties, batchSize: 1 })).text;
}

describe('answers of the simulator', () => {
  const common = ['Client.ID', 'SendID', 'SubscriberKey', 'EventDate', 'EventType', 'BatchID'];
  const records: [string, string, string[]][] = [
    ['documented/sentevent-since-last-batch-response.xml', 'SentEvent', ['SubscriberKey', 'EventDate']],
    [
      'handmade/sentevent-page1-moredata.xml',
      'SentEvent',
      [...common, 'ListID', 'SubscriberID', 'TriggeredSendDefinitionObjectID'],
    ],
    ['handmade/openevent-ok.xml', 'OpenEvent', [...common, 'ID', 'CreatedDate', 'ModifiedDate']],
    ['handmade/clickevent-ok.xml', 'ClickEvent', [...common, 'ID', 'URL', 'URLID']],
    [
      'handmade/bounceevent-ok.xml',
      'BounceEvent',
      [...common, 'ID', 'SMTPCode', 'BounceCategory', 'SMTPReason', 'BounceType'],
    ],
    ['handmade/unsubevent-ok.xml', 'UnsubEvent', [...common, 'ID', 'List.ID', 'IsMasterUnsubscribed']],
    ['handmade/notsentevent-ok.xml', 'NotSentEvent', [...common, 'ListID', 'SubscriberID']],
  ];
  it.each(records)('nest and order a record as %s does', async (path, objectType, properties) => {
    const text = await ask(objectType, properties);
    const record = /<Results .*?<\/Results>/s.exec(text)?.[0] ?? '';
    expect(skeletonOf(record, 'Results')).toEqual(skeletonOf(firstRecord(path), 'Results'));
  });

  it('show a finished and an unfinished Send as the samples do, nil dates and padded texts included', async () => {
    const samples = fixture('handmade/send-ok.xml').match(/<Results .*?<\/Results>/gs) ?? [];
    for (const [at, sample] of samples.entries()) {
      const names = skeletonOf(sample, 'Results').map((path) =>
        path.replace('Results/', '').replace(/\[.*/, ''),
      );
      const properties = names
        .map((name) => name.replace('/', '.'))
        .filter((name) => !/^Results|PartnerKey|ObjectID|^(Client|Email)$/.test(name));
      const { records: found } = await retrieve(simulator, token, { objectType: 'Send', properties });
      expect(skeletonOf(found[at] ?? '', 'Results')).toEqual(skeletonOf(sample, 'Results'));
      if (properties.includes('Subject')) expect(textOf(found[at] ?? '', 'Subject')).toMatch(/\S {10,}$/);
    }
  });

  it('show a link of a send as the sample does', async () => {
    const properties = ['Client.ID', 'ID', 'SendID'];
    const counts = ['Link.ID', 'Link.Alias', 'Link.TotalClicks', 'Link.UniqueClicks', 'Link.URL'];
    const record =
      /<Results .*?<\/Results>/s.exec(await ask('LinkSend', [...properties, ...counts]))?.[0] ?? '';
    expect(skeletonOf(record, 'Results')).toEqual(
      skeletonOf(firstRecord('handmade/linksend-ok.xml'), 'Results'),
    );
  });

  it.each([
    ['handmade/listsend-ok.xml', 'ListSend'],
    ['recorded/retrieve-triggeredsendsummary-ok.xml', 'TriggeredSendSummary'],
  ])('show the counters of a record as %s does', async (path, objectType) => {
    const sample = skeletonOf(firstRecord(path), 'Results');
    const properties = sample
      .map((line) => line.replace(/^Results\/|\[.*/g, '').replace('/', '.'))
      .filter((name) => !/^Results|PartnerKey|^(?:Client|List)$|List\.ObjectID/.test(name))
      .filter((name) => objectType !== 'ListSend' || name !== 'ObjectID');
    const record = /<Results .*?<\/Results>/s.exec(await ask(objectType, properties))?.[0] ?? '';
    expect(skeletonOf(record, 'Results')).toEqual(sample);
  });

  it('show a triggered send definition in the order of the recorded one', async () => {
    const recorded = skeletonOf(firstRecord('recorded/retrieve-triggeredsenddefinition-ok.xml'), 'Results');
    const properties = [
      'TestEmailAddr',
      'CreatedDate',
      'ModifiedDate',
      'ObjectID',
      'CustomerKey',
      'IsPlatformObject',
    ];
    const more = [
      'Name',
      'CategoryID',
      'TriggeredSendType',
      'TriggeredSendStatus',
      'Email.ID',
      'BatchInterval',
    ];
    const record = /<Results .*?<\/Results>/s.exec(
      await ask('TriggeredSendDefinition', [...properties, ...more]),
    );
    const shown = skeletonOf(record?.[0] ?? '', 'Results');
    expect(recorded.filter((path) => shown.includes(path))).toEqual(shown);
  });

  it.each([
    ['recorded/retrieve-empty-ok.xml', 'SurveyEvent', ['SendID']],
    ['recorded/retrieve-error-unknown-objecttype-http200.xml', 'DeliveryProfile', ['Name']],
    ['handmade/retrieve-error-bad-property-http200.xml', 'SentEvent', ['Bogus']],
  ])('have the envelope, header and text of %s', async (path, objectType, properties) => {
    const text = await ask(objectType, properties);
    expect(skeletonOf(text)).toEqual(skeletonOf(fixture(path)));
    expect(textOf(text, 'OverallStatus')).toBe(textOf(fixture(path), 'OverallStatus'));
    expect(/<soap:Envelope[^>]*>/.exec(text)?.[0].split(/\s+/).sort()).toEqual(
      /<soap:Envelope[^>]*>/.exec(fixture(path))?.[0].split(/\s+/).sort(),
    );
  });

  it('write times in server time without offset, trailing zeros cut, and the header in real UTC', async () => {
    const text = await ask('ClickEvent', ['EventDate']);
    expect(textOf(text, 'EventDate')).toBe('2024-03-10T03:16:01.447');
    expect(textOf(await ask('Send', ['CreatedDate']), 'CreatedDate')).toBe('2024-03-10T02:29:12.41');
    expect(textOf(text, 'wsu:Created')).toBe('2024-07-01T12:00:00Z');
  });
});

describe('faults of the simulator', () => {
  it.each([
    ['recorded/fault-token-expired-http500.xml', 'token-expired', 'soap:Envelope'],
    ['documented/fault-rate-limited-http500.xml', 'rate-limited', 'soap:Envelope'],
    ['handmade/fault-in-maintenance-http500.xml', 'server-9', 'soap:Envelope'],
    ['documented/fault-server-unplanned-outage.xml', 'server-2', 'soap:Body'],
    ['documented/fault-security-login-failed.xml', 'login-failed', 'soap:Body'],
  ] as const)('look like %s', async (path, which, from) => {
    simulator.setFaults([{ match: {}, fault: { kind: 'soapFault', which } }]);
    const text = await ask('SentEvent', ['SendID']);
    expect(skeletonOf(text, from)).toEqual(skeletonOf(fixture(path), from));
    for (const name of ['faultstring', 'Code', 'Message'])
      expect(textOf(text, name)?.toLowerCase()).toBe(textOf(fixture(path), name)?.toLowerCase());
  });

  it('refuse an unknown or missing SOAPAction as documented', async () => {
    const path = 'documented/fault-client-bad-soapaction.xml';
    const reply = await postSoap(
      simulator,
      envelope(token, '<a xmlns="http://exacttarget.com/wsdl/partnerAPI"/>'),
      { action: 'Test' },
    );
    expect([reply.status, skeletonOf(reply.text)]).toEqual([500, skeletonOf(fixture(path))]);
    expect(textOf(reply.text, 'faultstring')).toBe(textOf(fixture(path), 'faultstring'));
  });
});

describe('other operations of the simulator', () => {
  it.each(['OK', 'InMaintenance', 'UnplannedOutage'] as const)(
    'report the system status %s',
    async (status) => {
      simulator.setSystemStatus(status);
      const request =
        '<SystemStatusRequestMsg xmlns="http://exacttarget.com/wsdl/partnerAPI"><Options/></SystemStatusRequestMsg>';
      const { text } = await postSoap(simulator, envelope(token, request), { action: '"GetSystemStatus"' });
      simulator.setSystemStatus('OK');
      const sample = fixture(`handmade/getsystemstatus-${status.toLowerCase()}.xml`);
      expect(skeletonOf(text)).toEqual(skeletonOf(sample));
      expect(textOf(text, 'SystemStatus')).toBe(textOf(sample, 'SystemStatus'));
    },
  );

  it.each([
    ...['SentEvent', 'OpenEvent', 'ClickEvent', 'BounceEvent', 'UnsubEvent', 'NotSentEvent', 'SurveyEvent'],
    ...[
      'ForwardedEmailEvent',
      'ForwardedEmailOptInEvent',
      'Send',
      'LinkSend',
      'ListSend',
      'TriggeredSendSummary',
    ],
  ])('describe only properties of %s that a live account retrieves', async (objectType) => {
    const request =
      '<DefinitionRequestMsg xmlns="http://exacttarget.com/wsdl/partnerAPI"><DescribeRequests><ObjectDefinitionRequest>' +
      `<ObjectType>${objectType}</ObjectType></ObjectDefinitionRequest></DescribeRequests></DefinitionRequestMsg>`;
    const { text } = await postSoap(simulator, envelope(token, request), { action: 'Describe' });
    const named = [...text.matchAll(/<Name>([^<]+)</g)].map(([, name]) => name).sort();
    const live = [
      ...fixture(`describe/${objectType}.json`).matchAll(/"Name": "([^"]+)"[^}]*?"IsRetrievable": true/g),
    ];
    expect(named).toEqual(live.map(([, name]) => name).sort());
  });

  it('answer token requests with the recorded keys and refusals', async () => {
    const granted: unknown = await (await postToken(simulator, { account_id: '7000001' })).json();
    const sample: unknown = JSON.parse(fixture('recorded/token-success-http200.json'));
    expect(keysOf(granted)).toEqual(keysOf(sample));
    expect(granted).toMatchObject({
      expires_in: 1079,
      token_type: 'Bearer',
      soap_instance_url: `${simulator.url}/`,
    });
    const refused = await postToken(simulator, { client_secret: 'wrong' });
    expect([refused.status, await refused.json()]).toEqual([
      401,
      JSON.parse(fixture('recorded/token-invalid-client-http401.json')),
    ]);
    const unknown = await postToken(simulator, { account_id: '1' });
    expect([unknown.status, await unknown.json()]).toEqual([
      400,
      expect.objectContaining({ error: 'invalid_request' }),
    ]);
  });
});

describe('requests that the simulator understands', () => {
  it.each<[string, string, SimulatedEventType | undefined]>([
    ['handmade/retrieve-first-page-request-fueloauth.xml', 'Retrieve', 'click'],
    ['documented/sentevent-since-last-batch-request.xml', 'Retrieve', undefined],
    ['documented/sentevent-eventdate-between-request-wsse.xml', 'Retrieve', undefined],
    ['documented/complexfilter-since-last-batch-with-client-request.xml', 'Retrieve', undefined],
    ['documented/getsystemstatus-request-wsse.xml', 'GetSystemStatus', undefined],
  ])('%s, at both spellings of the path and with a quoted action', async (path, action, type) => {
    const { username, password } = { username: 'simulator-user', password: 'simulator-password' };
    const body = fixture(path)
      .replace('YOUR_ACCESS_TOKEN', token)
      .replace(/(Username>)X+/, `$1${username}`)
      .replace(/(PasswordText">)X+/, `$1${password}`);
    for (const url of ['/Service.asmx', '/service.asmx']) {
      const reply = await postSoap(simulator, body, {
        action: `"${action}"`,
        path: url,
        contentType: 'text/xml',
      });
      expect([reply.status, reply.overallStatus]).toEqual([200, 'OK']);
      if (type !== undefined) expect(reply.records).toHaveLength(1);
    }
  });

  it('a token that is nested one element deeper, in prefixes of the client’s own', async () => {
    const body =
      '<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/"><soap-env:Header>' +
      `<ns0:fueloauth xmlns:ns0="http://exacttarget.com"><_value_1>${token}</_value_1></ns0:fueloauth></soap-env:Header>` +
      '<soap-env:Body><ns0:RetrieveRequestMsg xmlns:ns0="http://exacttarget.com/wsdl/partnerAPI"><ns0:RetrieveRequest>' +
      '<ns0:ObjectType>ClickEvent</ns0:ObjectType><ns0:Properties>URL</ns0:Properties><ns0:Filter' +
      ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="ns0:SimpleFilterPart"><ns0:Property>SendID</ns0:Property>' +
      '<ns0:SimpleOperator>equals</ns0:SimpleOperator><ns0:Value>1543790</ns0:Value></ns0:Filter>' +
      '</ns0:RetrieveRequest></ns0:RetrieveRequestMsg></soap-env:Body></soap-env:Envelope>';
    const reply = await postSoap(simulator, body, { action: '"Retrieve"' });
    expect(reply.records).toHaveLength(1);
  });
});
