import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { type Simulator, startSimulator } from '../../../simulator/http/server.ts';
import { createWorld, type World } from '../../../simulator/world/world.ts';

const accountId = 7_000_001;
const reader = fileURLToPath(new URL('sfmc-sdk-reader.js', import.meta.url));
let simulator: Simulator;
let world: World;

beforeAll(async () => {
  world = createWorld({ seed: 3, now: new Date(), jobs: 2, eventsPerJob: 6000 });
  simulator = await startSimulator({ world, requestIds: 'new' });
});
afterAll(async () => {
  await simulator.stop();
});

/** All records of a retrieval as sfmc-sdk, a client that real accounts are read with, hands them over. */
async function readWithSdk(objectType: string, properties: string[], parameters: object): Promise<unknown[]> {
  const { SFMC_CLIENT_ID: clientId, SFMC_CLIENT_SECRET: clientSecret } = simulator.environment();
  const request = {
    url: simulator.url,
    clientId,
    clientSecret,
    accountId,
    objectType,
    properties,
    parameters,
  };
  const { stdout } = await promisify(execFile)(process.execPath, [reader, JSON.stringify(request)], {
    maxBuffer: 64 * 1_048_576,
  });
  const results: unknown = JSON.parse(stdout);
  if (!Array.isArray(results)) throw new TypeError('no results');
  return results.map((record: unknown) => record);
}

describe('a public SOAP client', () => {
  it.each([
    ['sent', 'SentEvent', 2500],
    ['open', 'OpenEvent', 2500],
    ['click', 'ClickEvent', 500],
  ] as const)('reads every %s event, page by page', async (type, objectType, pageSize) => {
    const count = world.count(type, accountId);
    const parameters = { options: { BatchSize: pageSize } };
    const results = await readWithSdk(objectType, ['SendID', 'SubscriberKey', 'EventDate'], parameters);
    const pages = simulator.requests.filter((request) => request.objectType === objectType).length;
    expect([results.length, pages]).toEqual([count, Math.ceil(count / pageSize)]);
    expect(pages).toBeGreaterThan(1);
  });

  it('filters by job and date, with the dates as plain values', async () => {
    const [job] = world.jobs(accountId);
    const from = new Date((job?.scheduledAt?.getTime() ?? 0) + 3_600_000);
    const opens = [...world.events('open', accountId, job?.jobId)];
    const expected = opens.filter((event) => event.occurredAt >= from.getTime()).length;
    const results = await readWithSdk('OpenEvent', ['SendID', 'EventDate'], {
      filter: {
        leftOperand: { leftOperand: 'SendID', operator: 'equals', rightOperand: job?.jobId },
        operator: 'AND',
        rightOperand: {
          leftOperand: 'EventDate',
          operator: 'greaterThanOrEqual',
          rightOperand: from.toISOString(),
        },
      },
    });
    expect([expected > 0, expected < opens.length]).toEqual([true, true]);
    expect(results).toHaveLength(expected);
  });

  it('reads jobs with counters that agree with the events', async () => {
    const results = await readWithSdk('Send', ['ID', 'NumberSent'], {});
    for (const job of world.jobs(accountId).filter((one) => one.status !== 'Scheduled')) {
      const sent = world.count('sent', accountId, job.jobId);
      expect(results).toContainEqual(expect.objectContaining({ ID: job.jobId, NumberSent: sent }));
    }
  });
});
