import { countEvents, findDueJobs, findJobsWithOpenTasks } from '../../../../src/store/planning/due-jobs.ts';
import { readPlanFacts } from '../../../../src/store/planning/plan-facts.ts';
import { hasOpenTasks } from '../../../../src/store/ledger/runs/run-log.ts';
import { findDeadProcesses } from '../../../../src/store/connection/session.ts';
import { inTransaction } from '../../../../src/store/connection/pool.ts';
import { releaseForgottenTasks } from '../../../../src/store/ledger/task-rescue.ts';
import { findUndeliveredTasks } from '../../../../src/store/queue/undelivered-tasks.ts';
import { planJob } from '../../../../src/pipeline/planning/plan-tasks.ts';
import { retentionMs } from '../../../../src/pipeline/planning/windows.ts';
import { sent } from '../../../../src/events/sent.ts';
import { dayMs } from '../../../support/clock.ts';
import { plantJobHistory } from '../../../support/stored/job-history.ts';
import { day, emptyLedger, openStore, plantTask, type Store } from '../../../support/stored/ledger.ts';
import { definitions, now, planSettings } from '../../../unit/pipeline/planning/facts.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterEach(() => emptyLedger(store.pool));
afterAll(() => store.close());

const settings = planSettings();
const eventTypes = definitions.map(({ name }) => name);
const scope = { accountId: 1, eventTypes, since: new Date(now.getTime() - retentionMs) };
const bounds = {
  now,
  activeSince: new Date(now.getTime() - settings.lookbackMs),
  closedAskedSince: new Date(now.getTime() - 30 * dayMs),
  lookbackMs: settings.lookbackMs,
};

describe('the jobs a sync looks at', () => {
  it('are all that owe it anything: the plan of any other is empty', async () => {
    await plantJobHistory(store.pool, 3000, now, eventTypes);
    const due = new Set(await findDueJobs(store.pool, scope, bounds));
    let quiet = 0;
    for await (const page of readPlanFacts(store.pool, scope)) {
      for (const facts of page.filter(({ job }) => !due.has(job.jobId))) {
        quiet += 1;
        const states = planJob(facts, definitions, settings).map(({ eventType, state, windows }) => {
          const known = facts.checkpoints.find((checkpoint) => checkpoint.eventType === eventType);
          return { jobId: facts.job.jobId, isSame: state === known?.state, windows };
        });
        expect(states).toEqual(
          definitions.map(() => ({ jobId: facts.job.jobId, isSame: true, windows: [] })),
        );
      }
    }
    // Enough of both kinds for this to mean something.
    expect(quiet).toBeGreaterThan(100);
    expect(due.size).toBeGreaterThan(100);
  });

  it('include a quiet one with a deficit, until it was read in full since', async () => {
    await plantJobHistory(store.pool, 300, now, eventTypes);
    const before = new Set(await findDueJobs(store.pool, scope, bounds));
    await store.pool.query(
      `insert into pipeline.deficits (account_id, job_id, event_type, missing, found_at)
       select account_id, job_id, event_type, 1, $1 from pipeline.checkpoints where account_id = 1 and event_type = 'open'`,
      [now],
    );
    const found = (await findDueJobs(store.pool, scope, bounds)).find((jobId) => !before.has(jobId)) ?? 0;
    for await (const [facts] of readPlanFacts(store.pool, { ...scope, jobIds: [found] })) {
      const windows =
        facts === undefined ? [] : planJob(facts, definitions, settings).flatMap((plan) => plan.windows);
      expect(windows).toMatchObject([{ eventType: 'open', origin: 'full_reread' }]);
    }
    await store.pool.query('update pipeline.checkpoints set full_read_at = $1', [now]);
    expect(await findDueJobs(store.pool, scope, bounds)).not.toContain(found);
    await store.pool.query('truncate pipeline.deficits');
  });

  it('come page by page in the order of their ids, also where they are named', async () => {
    await store.pool.query(
      `insert into tracking.jobs (account_id, job_id, created_at) select 1, job_id, $1 from generate_series(1, 2500) as job_id`,
      [now],
    );
    const idsOf = async (jobIds: readonly number[] | undefined) => {
      const pages: number[][] = [];
      for await (const page of readPlanFacts(store.pool, { ...scope, jobIds }))
        pages.push(page.map(({ job }) => job.jobId));
      return pages;
    };
    const all = Array.from({ length: 2500 }, (_, index) => index + 1);
    const pages = [all.slice(0, 1000), all.slice(1000, 2000), all.slice(2000)];
    expect(await idsOf(undefined)).toEqual(pages);
    expect(await idsOf(all.toReversed())).toEqual(pages);
    expect(await idsOf([9, 7, 9999])).toEqual([[7, 9]]);
    expect(await idsOf([])).toEqual([]);
  });

  it('include those with an open window, of any origin', async () => {
    await plantTask(store.pool, { jobId: 7 });
    await plantTask(store.pool, { jobId: 8, origin: 'backfill', state: 'running' });
    await plantTask(store.pool, { jobId: 9, state: 'done' });
    await plantTask(store.pool, { jobId: 10, state: 'parked' });
    await plantTask(store.pool, { jobId: 11, accountId: 2 });
    expect((await findJobsWithOpenTasks(store.pool, scope)).toSorted()).toEqual([7, 8]);
    expect(await findJobsWithOpenTasks(store.pool, { ...scope, jobIds: [8, 9] })).toEqual([8]);
  });
});

it('counts the events of the named jobs, and of no other account', async () => {
  await store.pool.query(
    `create table tracking.sent_events_test partition of tracking.sent_events default;
     insert into tracking.sent_events (account_id, occurred_at, job_id, subscriber_key)
     values (1, '2026-06-02', 42, 'a'), (1, '2026-06-03', 42, 'b'), (2, '2026-06-03', 42, 'c'), (1, '2026-06-03', 44, 'd')`,
  );
  expect(await countEvents(store.pool, sent, { accountId: 1, jobIds: [42, 43], since: day(0) })).toEqual(
    new Map([[42, 2]]),
  );
});

it('finds open work by its indexes, without a scan of the ledger, however long that has become', async () => {
  await store.pool.query(
    `insert into pipeline.extract_tasks
       (root_id, run_id, origin, account_id, job_id, event_type, window_from, window_to, state, settled_at)
     select id, id % 700, 'sync', 1, id, 'open', $1, $2, 'done', $2 from generate_series(1, 30000) as id`,
    [day(1), day(2)],
  );
  await plantTask(store.pool, { jobId: 7 });
  await store.pool.query('analyze pipeline.extract_tasks');
  await inTransaction(store.pool, async (tx) => {
    const scans = async () => {
      const { rows } = await tx.query<{ scans: number }>(
        `select seq_scan as scans from pg_stat_xact_user_tables where relid = 'pipeline.extract_tasks'::regclass`,
      );
      return rows[0]?.scans;
    };
    const before = await scans();
    const wait = { runId: 1, accountIds: [1], eventTypes, origins: ['sync'] as const };
    expect(await hasOpenTasks(tx, wait)).toBe(true);
    expect(await findJobsWithOpenTasks(tx, scope)).toEqual([7]);
    expect((await findUndeliveredTasks(tx)).undelivered).toHaveLength(1);
    await findDeadProcesses(tx);
    await releaseForgottenTasks(tx, 1, () => false);
    expect(await scans()).toBe(before);
  });
});
