import { type Simulator, type SimulatorOptions, startSimulator } from '../../../../simulator/http/server.ts';
import { createWorld } from '../../../../simulator/world/world.ts';
import type { JobSpec, TruthEvent } from '../../../../simulator/world/truth.ts';
import {
  andFilter,
  fetchToken,
  postSoap,
  retrieve,
  retrieveAll,
  simpleFilter,
  textOf,
} from './soap-client.ts';

const now = new Date('2026-07-01T12:00:00Z');
const accountId = 7_000_001;
const running: Simulator[] = [];

afterEach(async () => {
  for (const simulator of running.splice(0)) await simulator.stop();
});

function event(jobId: number, at: string, changes: Partial<TruthEvent> = {}): TruthEvent {
  const occurredAt = Date.parse(at);
  return {
    accountId,
    jobId,
    batchId: 1,
    subscriberKey: 'a&b',
    occurredAt,
    triggeredSendId: null,
    listId: null,
    subscriberId: null,
    urlId: null,
    url: null,
    availableAt: occurredAt,
    ...changes,
  };
}

const hours = ['00:00:00Z', '01:00:00Z', '01:00:00.500Z', '02:00:00Z', '03:00:00Z'];
const job: JobSpec = {
  accountId,
  jobId: 10,
  kind: 'list',
  createdAt: new Date('2026-06-01T00:00:00Z'),
  sentAt: new Date('2026-06-01T02:00:00Z'),
  events: { open: hours.map((hour) => event(10, `2026-06-10T${hour}`)) },
};

async function start(
  options: SimulatorOptions = {},
  jobSpecs: readonly JobSpec[] = [job],
): Promise<Simulator> {
  const world = createWorld({ now, accountIds: [accountId, 7_000_002], jobSpecs });
  const simulator = await startSimulator({ world, now: () => now, ...options });
  running.push(simulator);
  return simulator;
}

const opens = { objectType: 'OpenEvent', properties: ['SendID', 'EventDate', 'SubscriberKey'] };

describe('filters', () => {
  const between = (from: string, to: string, tag?: string): string =>
    simpleFilter('EventDate', 'between', [from, to], tag);
  const cases: [string, string, number, SimulatorOptions?][] = [
    ['between, both ends included', between('2026-06-10T01:00:00Z', '2026-06-10T02:00:00Z'), 3],
    [
      'between, ends excluded where so set',
      between('2026-06-10T01:00:00Z', '2026-06-10T02:00:00Z'),
      1,
      { between: 'exclusive' },
    ],
    [
      'DateValue with the server offset',
      between('2026-06-09T19:00:00-06:00', '2026-06-09T20:00:00-06:00', 'DateValue'),
      3,
    ],
    ['a time without offset is server time', between('2026-06-09T19:00:00', '2026-06-09T20:00:00'), 3],
    ['greaterThan', simpleFilter('EventDate', 'greaterThan', ['2026-06-10T01:00:00Z']), 3],
    ['greaterThanOrEqual', simpleFilter('EventDate', 'greaterThanOrEqual', ['2026-06-10T01:00:00Z']), 4],
    ['lessThan', simpleFilter('EventDate', 'lessThan', ['2026-06-10T01:00:00Z']), 1],
    ['lessThanOrEqual', simpleFilter('EventDate', 'lessThanOrEqual', ['2026-06-10T01:00:00Z']), 2],
    ['IN', simpleFilter('SendID', 'IN', ['9', '10']), 5],
    ['notEquals', simpleFilter('SendID', 'notEquals', ['10']), 0],
    ['an escaped value', simpleFilter('SubscriberKey', 'equals', ['A&amp;B']), 5],
    ['isNull', simpleFilter('TriggeredSendDefinitionObjectID', 'isNull', []), 5],
    [
      'job and dates',
      andFilter(
        ['SendID', 'equals', ['10']],
        ['EventDate', 'greaterThan', ['2026-06-10T02:00:00Z'], 'DateValue'],
      ),
      1,
    ],
    [
      'another job and dates',
      andFilter(['SendID', 'equals', ['11']], ['EventDate', 'greaterThan', ['2026-06-10T02:00:00Z']]),
      0,
    ],
  ];
  it.each(cases)('finds what the filter says: %s', async (...[, filter, count, options]) => {
    const simulator = await start(options);
    const reply = await retrieve(simulator, await fetchToken(simulator), { ...opens, filter });
    expect(reply.overallStatus).toBe('OK');
    expect(reply.records).toHaveLength(count);
  });

  it.each([
    [
      'an operand without a type',
      '<Filter><Property>SendID</Property></Filter>',
      'Unknown filter of type FilterPart',
    ],
    ['an operator without a value', simpleFilter('SendID', 'equals', []), 'Filter array cannot be null'],
    ['a property that does not filter', simpleFilter('BatchID', 'equals', ['1']), 'Invalid column name'],
    ['a date that is none', simpleFilter('EventDate', 'lessThan', ['soon']), 'Conversion failed'],
  ])('refuses %s with HTTP 200', async (_name, filter, text) => {
    const simulator = await start();
    const reply = await retrieve(simulator, await fetchToken(simulator), { ...opens, filter });
    expect(reply.status).toBe(200);
    expect(reply.overallStatus).toMatch(/^Error: /);
    expect(reply.overallStatus).toContain(text);
  });
});

describe('pages', () => {
  const paged = { ...opens, batchSize: 2 };
  const datesOf = (records: readonly string[]): (string | undefined)[] =>
    records.map((record) => textOf(record, 'EventDate'));

  it.each(['same', 'new'] as const)(
    'hold each event once with RequestIDs that are %s',
    async (requestIds) => {
      const simulator = await start({ requestIds });
      const pages = await retrieveAll(simulator, await fetchToken(simulator), paged);
      expect(pages.map((page) => page.records.length)).toEqual([2, 2, 1]);
      expect(pages.map((page) => page.overallStatus)).toEqual([
        'MoreDataAvailable',
        'MoreDataAvailable',
        'OK',
      ]);
      expect(new Set(datesOf(pages.flatMap((page) => page.records))).size).toBe(5);
      expect(new Set(pages.map((page) => page.requestId)).size).toBe(requestIds === 'same' ? 1 : 3);
    },
  );

  it.each([
    ['same', 'skips', 'other records'],
    ['new', 'skips', 'other records'],
    ['new', 'repeats', 'equal records'],
    ['new', 'fails', 'an error'],
  ] as const)(
    'a continue request sent twice (%s ids, %s) answers %s',
    async (requestIds, resentContinue, expected) => {
      const simulator = await start({ requestIds, resentContinue });
      const token = await fetchToken(simulator);
      const first = await retrieve(simulator, token, paged);
      const again = { ...paged, continueRequest: first.requestId ?? '' };
      const second = await retrieve(simulator, token, again);
      const resent = await retrieve(simulator, token, again);
      if (expected === 'an error') expect(resent.overallStatus).toContain('does not exist');
      else if (expected === 'equal records') expect(resent.records).toEqual(second.records);
      else expect(resent.records).not.toEqual(second.records);
    },
  );

  it('are forgotten after their lifetime, and unknown to another business unit', async () => {
    let clock = now.getTime();
    const simulator = await start({ now: () => new Date(clock), requestIdLifetimeMs: 60_000 });
    const token = await fetchToken(simulator);
    const first = await retrieve(simulator, token, paged);
    const next = { ...paged, continueRequest: first.requestId ?? '' };
    const other = await retrieve(simulator, await fetchToken(simulator, 7_000_002), next);
    clock += 60_001;
    const late = await retrieve(simulator, token, next);
    expect([other.overallStatus, late.overallStatus]).toEqual(
      Array(2).fill('Error: The RequestID sent through ContinueRequest does not exist.'),
    );
  });

  it('continue with nothing but the RequestID, in pages of the server’s own size', async () => {
    const simulator = await start();
    const token = await fetchToken(simulator);
    const first = await retrieve(simulator, token, paged);
    const rest = await retrieve(simulator, token, {
      objectType: '',
      properties: [],
      continueRequest: first.requestId ?? '',
    });
    expect([rest.overallStatus, rest.records.length]).toEqual(['OK', 3]);
  });
});

describe('business units and time', () => {
  it('a token sees its own business unit only: another’s job answers OK and nothing', async () => {
    const simulator = await start();
    const token = await fetchToken(simulator, 7_000_002);
    const filter = simpleFilter('ID', 'equals', ['10']);
    const send = await retrieve(simulator, token, { objectType: 'Send', properties: ['ID'], filter });
    const events = await retrieve(simulator, token, opens);
    expect([send.overallStatus, send.records, events.records]).toEqual(['OK', [], []]);
  });

  it('events arrive late: absent before, there afterwards', async () => {
    let clock = now.getTime();
    const simulator = await start({ now: () => new Date(clock) });
    const token = await fetchToken(simulator);
    const late = event(10, '2026-06-10T05:00:00Z', { availableAt: clock + 60_000 });
    simulator.world.addEvents('open', [late]);
    expect((await retrieve(simulator, token, opens)).records).toHaveLength(5);
    clock += 60_000;
    expect((await retrieve(simulator, token, opens)).records).toHaveLength(6);
  });

  it('a token ends with the fault that says so', async () => {
    let clock = now.getTime();
    const simulator = await start({ now: () => new Date(clock), tokenLifetimeSeconds: 10 });
    const token = await fetchToken(simulator);
    clock += 10_000;
    const reply = await retrieve(simulator, token, opens);
    expect([reply.status, textOf(reply.text, 'faultstring')]).toEqual([500, 'Token Expired']);
  });

  it('raw texts go out as they are, for records that nobody can read', async () => {
    const odd = event(10, '2026-06-11T00:00:00Z', { raw: { EventDate: 'not a date', SubscriberKey: null } });
    const simulator = await start({}, [{ ...job, events: { open: [odd] } }]);
    const [record = ''] = (await retrieve(simulator, await fetchToken(simulator), opens)).records;
    expect([textOf(record, 'EventDate'), textOf(record, 'SubscriberKey')]).toEqual(['not a date', undefined]);
  });

  it('Send with conditions on two properties answers OK and nothing, as reported of the real one', async () => {
    const simulator = await start();
    const filter = andFilter(['ID', 'equals', ['10']], ['SentDate', 'greaterThan', ['2026-01-01T00:00:00Z']]);
    const reply = await retrieve(simulator, await fetchToken(simulator), {
      objectType: 'Send',
      properties: ['ID'],
      filter,
    });
    expect([reply.overallStatus, reply.records.length]).toEqual(['OK', 0]);
  });
});

describe('counters', () => {
  it('of LinkSend, ListSend and Send agree with the events', async () => {
    const click = (urlId: number, key: string, at: string): TruthEvent =>
      event(10, `2026-06-10T${at}Z`, { urlId, url: `https://www.example.com/${urlId}`, subscriberKey: key });
    const clicks = [click(1, 'a', '01:00:00'), click(1, 'a', '02:00:00'), click(2, 'b', '02:00:00')];
    const simulator = await start({}, [{ ...job, counts: { sent: 7 }, events: { click: clicks } }]);
    const token = await fetchToken(simulator);
    const ask = async (objectType: string, properties: string[], key: string): Promise<string[][]> => {
      const filter = simpleFilter(key, 'equals', ['10']);
      const { records } = await retrieve(simulator, token, { objectType, properties, filter, batchSize: 10 });
      return records.map((record) =>
        properties.map((property) => textOf(record, property.replace('Link.', '')) ?? ''),
      );
    };
    const links = await ask('LinkSend', ['SendID', 'Link.TotalClicks', 'Link.UniqueClicks'], 'SendID');
    expect(links).toEqual([
      ['10', '2', '1'],
      ['10', '1', '1'],
    ]);
    expect(await ask('ListSend', ['SendID', 'NumberSent', 'UniqueClicks'], 'SendID')).toEqual([
      ['10', '7', '2'],
    ]);
    expect(await ask('Send', ['ID', 'NumberSent', 'UniqueClicks'], 'ID')).toEqual([['10', '7', '2']]);
  });
});

describe('a maintenance', () => {
  it('refuses every Retrieve and is reported by GetSystemStatus', async () => {
    const simulator = await start();
    const token = await fetchToken(simulator);
    simulator.setSystemStatus('InMaintenance');
    const reply = await retrieve(simulator, token, opens);
    const body =
      '<SystemStatusRequestMsg xmlns="http://exacttarget.com/wsdl/partnerAPI"><Options/></SystemStatusRequestMsg>';
    const status = await postSoap(
      simulator,
      `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Header><fueloauth>${token}</fueloauth></Header><Body>${body}</Body></Envelope>`,
      { action: 'GetSystemStatus' },
    );
    simulator.setSystemStatus('OK');
    const after = await retrieve(simulator, token, opens);
    expect([reply.status, textOf(reply.text, 'Code')]).toEqual([500, '9']);
    expect(textOf(status.text, 'SystemStatus')).toBe('InMaintenance');
    expect(after.records).toHaveLength(5);
  });
});
