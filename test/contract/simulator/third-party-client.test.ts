import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type Simulator, startSimulator } from '../../../simulator/http/server.ts';
import { createWorld, type World } from '../../../simulator/world/world.ts';

const accountId = 7_000_001;
const reader = fileURLToPath(new URL('sfmc-sdk-reader.js', import.meta.url));
let simulator: Simulator;
let world: World;

interface Read {
  readonly objectType: string;
  readonly properties: readonly string[];
  readonly parameters: object;
}

const eventTypes = [
  ['sent', 'SentEvent', 2500],
  ['open', 'OpenEvent', 2500],
  ['click', 'ClickEvent', 500],
] as const;
let answers: ReadonlyMap<Read, readonly unknown[]>;
const ofEvents = eventTypes.map(([, objectType, pageSize]): Read => {
  return {
    objectType,
    properties: ['SendID', 'SubscriberKey', 'EventDate'],
    parameters: { options: { BatchSize: pageSize } },
  };
});
const ofJobs: Read = { objectType: 'Send', properties: ['ID', 'NumberSent'], parameters: {} };
let ofLateOpens: Read;
let from: Date;

beforeAll(async () => {
  world = createWorld({ seed: 3, now: new Date(), jobs: 2, eventsPerJob: 4000 });
  simulator = await startSimulator({ world, requestIds: 'new' });
  const [job] = world.jobs(accountId);
  from = new Date((job?.scheduledAt?.getTime() ?? 0) + 3_600_000);
  ofLateOpens = {
    objectType: 'OpenEvent',
    properties: ['SendID', 'EventDate'],
    parameters: {
      filter: {
        leftOperand: { leftOperand: 'SendID', operator: 'equals', rightOperand: job?.jobId },
        operator: 'AND',
        rightOperand: {
          leftOperand: 'EventDate',
          operator: 'greaterThanOrEqual',
          rightOperand: from.toISOString(),
        },
      },
    },
  };
  answers = await readWithSdk([...ofEvents, ofLateOpens, ofJobs]);
});
afterAll(async () => {
  await simulator.stop();
});

/**
 * All records of each retrieval as sfmc-sdk, a client that real accounts are read with, hands them over. In one process,
 * since to load the client takes longer than to read.
 */
async function readWithSdk(requests: readonly Read[]): Promise<ReadonlyMap<Read, readonly unknown[]>> {
  const { SFMC_CLIENT_ID: clientId, SFMC_CLIENT_SECRET: clientSecret } = simulator.environment();
  const plan = { url: simulator.url, clientId, clientSecret, accountId, requests };
  const { stdout } = await promisify(execFile)(process.execPath, [reader, JSON.stringify(plan)], {
    maxBuffer: 64 * 1_048_576,
  });
  const results = z.array(z.array(z.unknown())).parse(JSON.parse(stdout));
  return new Map(requests.map((request, at) => [request, results[at] ?? []]));
}

const answerTo = (request: Read | undefined) => (request === undefined ? [] : (answers.get(request) ?? []));

describe('a public SOAP client', () => {
  it.each(eventTypes)('reads every %s event, page by page', (type, objectType, pageSize) => {
    const count = world.count(type, accountId);
    const results = answerTo(ofEvents.find((one) => one.objectType === objectType));
    // Of all jobs: one of the requests for opens is for a job.
    const pages = simulator.requests.filter(
      (request) => request.objectType === objectType && request.jobId === undefined,
    ).length;
    expect([results.length, pages]).toEqual([count, Math.ceil(count / pageSize)]);
    expect(pages).toBeGreaterThan(1);
  });

  it('filters by job and date, with the dates as plain values', () => {
    const [job] = world.jobs(accountId);
    const opens = [...world.events('open', accountId, job?.jobId)];
    const expected = opens.filter((event) => event.occurredAt >= from.getTime()).length;
    expect([expected > 0, expected < opens.length]).toEqual([true, true]);
    expect(answerTo(ofLateOpens)).toHaveLength(expected);
  });

  it('reads jobs with counters that agree with the events', () => {
    const results = answerTo(ofJobs);
    for (const job of world.jobs(accountId).filter((one) => one.status !== 'Scheduled')) {
      const sent = world.count('sent', accountId, job.jobId);
      expect(results).toContainEqual(expect.objectContaining({ ID: job.jobId, NumberSent: sent }));
    }
  });
});
