import { startSimulator, type Simulator } from '../../../../simulator/http/server.ts';
import { eventsKind } from '../../../../src/pipeline/extraction/kinds/events.ts';
import { createAccountClient } from '../../../../src/marketing-cloud/account-client.ts';
import { sleep } from '../../../../src/pipeline/backoff.ts';
import { openPrivacy } from '../../../../src/pipeline/privacy.ts';
import { runExtractTask } from '../../../../src/pipeline/extraction/extract-task.ts';
import { takeTasks } from '../../../../src/store/ledger/task-ledger.ts';
import { createEventLoader, type EventLoader } from '../../../../src/store/load/event-loader.ts';
import { createPartitionKeeper } from '../../../../src/store/load/partitions.ts';
import { minuteMs } from '../../../support/clock.ts';
import { emptyLedger, openStore, plantTask, type Store } from '../../../support/stored/ledger.ts';
import { reachabilityWhere } from '../../../support/reachability.ts';
import { accountId, listSend, worldOf } from '../../../support/simulator.ts';

const jobId = 630;
const pageSize = 10;
const world = worldOf([listSend(jobId, { counts: { sent: 40 } })]);
let store: Store;
let simulator: Simulator;
let drain: AbortController;
let log: string[];

beforeAll(async () => {
  store = await openStore();
  simulator = await startSimulator({ world });
});
beforeEach(async () => {
  await emptyLedger(store.pool);
  drain = new AbortController();
  log = [];
});
afterAll(async () => {
  await simulator.stop();
  await store.close();
});

/** Reads a task's window through a door that lets the first few requests leave and holds the next. */
async function extract(
  admitted: number,
  loader: EventLoader = createEventLoader(),
  { from, to } = { from: world.jobs(accountId)[0]?.createdAt ?? new Date(0), to: new Date() },
) {
  const taskId = await plantTask(store.pool, { accountId, jobId, eventType: 'sent', from, to });
  const claim = { taskId, queueJobId: '6f1f7c5e-58f6-4f4a-8f0e-0d6f3b0f0b0c' };
  const task = (await takeTasks(store.pool, [claim], 1)).get(taskId);
  if (task === undefined) throw new Error('the task was not taken');
  const held = Promise.withResolvers<undefined>();
  let arrived = 0;
  const client = createAccountClient({
    auth: {
      kind: 'oauth',
      authUrl: simulator.url,
      clientId: 'simulator-client-id',
      clientSecret: 'simulator-client-secret',
    },
    ...{ accountId, reachability: reachabilityWhere(true), requestTimeoutMs: 60_000, now: () => new Date() },
    admission: {
      succeeded: () => Promise.resolve(),
      admit: (_client, _action, signal) => {
        arrived += 1;
        if (arrived <= admitted) return Promise.resolve();
        held.resolve(undefined);
        return sleep(minuteMs, signal);
      },
    },
  });
  const requests = { left: 0 };
  const deps = {
    ...{ pool: store.pool, loader, partitions: createPartitionKeeper(store) },
    privacy: await openPrivacy(store.pool, undefined),
    ...{ pageSize, pagesMax: 100, now: () => new Date(), takeRequestCount: () => 0 },
    onPage: () => log.push('page committed'),
    beforeNextPage: () => Promise.resolve(),
    keepTurn: () => Promise.resolve(false),
    endTurn: () => log.push('turn ended'),
    onRequest: () => (requests.left += 1),
  };
  const never = new AbortController().signal;
  const signals = { drain: drain.signal, abort: never, stop: drain.signal };
  const attempt = { isFromStart: true, now: new Date(), retention: new Map(), pseudonyms: undefined };
  const reading = eventsKind.open(task, attempt);
  const outcome = runExtractTask({ reading, client, continueFrom: undefined }, deps, signals);
  outcome.catch(() => undefined);
  return { taskId, held: held.promise, requests, outcome: outcome.finally(() => client.close()) };
}

async function pagesOf(taskId: number): Promise<number> {
  const { rows } = await store.pool.query<{ pages: number }>(
    'select pages from pipeline.extract_tasks where id = $1',
    [taskId],
  );
  return rows[0]?.pages ?? Number.NaN;
}

describe('the turn of a task', () => {
  it('ends before the commit where the only page has no record', async () => {
    const before = { from: new Date('2020-01-01T00:00:00Z'), to: new Date('2020-01-02T00:00:00Z') };
    const { taskId, outcome } = await extract(9, createEventLoader(), before);
    expect(await outcome).toBe('done');
    expect(log).toEqual(['turn ended', 'page committed']);
    expect(await pagesOf(taskId)).toBe(1);
  });

  it('lasts until the commit where pages have records', async () => {
    const { outcome } = await extract(9);
    expect(await outcome).toBe('done');
    expect(new Set(log)).toEqual(new Set(['page committed']));
  });
});

describe('a drain', () => {
  it('ends a window whose next page waits for admission: the cursor of the last page is exact', async () => {
    const { taskId, held, requests, outcome } = await extract(2);
    await held;
    drain.abort(new Error('draining'));
    expect(await outcome).toBe('interrupted');
    expect([await pagesOf(taskId), requests.left]).toEqual([2, 2]);
  });

  it('ends a window whose first page waits for admission, as if it had not been taken', async () => {
    const { taskId, held, requests, outcome } = await extract(0);
    await held;
    drain.abort(new Error('draining'));
    await expect(outcome).rejects.toBe(drain.signal.reason);
    expect([await pagesOf(taskId), requests.left]).toEqual([0, 0]);
  });

  it('requests nothing for a window that begins after it', async () => {
    drain.abort(new Error('draining'));
    const { requests, outcome } = await extract(9);
    await expect(outcome).rejects.toThrow('draining');
    expect(requests.left).toBe(0);
  });
});

describe('a page whose statement Postgres ended to resolve a deadlock', () => {
  it('is written again, not requested again', async () => {
    const loader = createEventLoader();
    let deadlocks = 0;
    const { taskId, requests, outcome } = await extract(9, {
      ...loader,
      loadPage: async (client, page, isInsertOnly) => {
        deadlocks += 1;
        if (deadlocks === 1)
          await client.query(`do $$ begin raise exception using errcode = '40P01'; end $$`);
        return await loader.loadPage(client, page, isInsertOnly);
      },
    });
    expect(await outcome).toBe('done');
    expect([await pagesOf(taskId), requests.left]).toEqual([4, 4]);
    const { rows } = await store.pool.query(
      'select count(*)::int as events from tracking.sent_events where job_id = $1',
      [jobId],
    );
    expect(rows).toEqual([{ events: 40 }]);
  });
});
