import { isJobOpen, jobIsOpen, joinDefinition } from '../../../../src/store/planning/open-jobs.ts';
import { readPlanFacts } from '../../../../src/store/planning/plan-facts.ts';
import { plantJobHistory } from '../../../support/stored/job-history.ts';
import { day, emptyLedger, openStore, type Store } from '../../../support/stored/ledger.ts';

const active = '00000000-0000-4000-8000-000000000001';
const inactive = '00000000-0000-4000-8000-000000000002';
let store: Store;

beforeAll(async () => {
  store = await openStore();
  await store.pool.query(
    `insert into tracking.triggered_sends (account_id, triggered_send_id, status)
     values (1, $1, 'Active'), (1, $2, 'Inactive'), (2, $2, 'Active')`,
    [active, inactive],
  );
});
afterEach(() => emptyLedger(store.pool));
afterAll(() => store.close());

async function addJob(jobId: number, columns: Readonly<Record<string, unknown>>): Promise<void> {
  const names = Object.keys(columns);
  await store.pool.query(
    `insert into tracking.jobs (account_id, job_id, ${names.join(', ')})
     values (1, ${jobId}, ${names.map((_, at) => `$${at + 1}`).join(', ')})`,
    Object.values(columns),
  );
}

async function openBySql(activeSince: Date): Promise<number[]> {
  const { rows } = await store.pool.query<{ job_id: number }>(
    `select job.job_id from tracking.jobs as job ${joinDefinition} where ${jobIsOpen('$1')} order by 1`,
    [activeSince],
  );
  return rows.map((row) => row.job_id);
}

async function openByRule(activeSince: Date): Promise<number[]> {
  const open: number[] = [];
  const scope = { accountId: 1, eventTypes: [], since: new Date(0) };
  for await (const page of readPlanFacts(store.pool, scope))
    open.push(...page.filter(({ job }) => isJobOpen(job, activeSince)).map(({ job }) => job.jobId));

  return open;
}

describe('a job is open', () => {
  const since = day(0);
  const before = day(-1);
  const old = { created_at: before, scheduled_at: before, sent_at: before, first_seen_at: before };

  it.each<{ name: string; columns: Readonly<Record<string, unknown>>; isOpen: boolean }>([
    { name: 'when it was sent within the lookback', columns: { ...old, sent_at: since }, isOpen: true },
    {
      name: 'not when it was sent before, whenever it was first seen',
      columns: { ...old, first_seen_at: since },
      isOpen: false,
    },
    {
      name: 'when it is scheduled and not sent',
      columns: { ...old, sent_at: null, scheduled_at: day(3) },
      isOpen: true,
    },
    {
      name: 'when its last event is within the lookback',
      columns: { ...old, last_event_at: since },
      isOpen: true,
    },
    {
      name: 'when it was just seen and has no date',
      columns: { is_stub: true, first_seen_at: since },
      isOpen: true,
    },
    {
      name: 'while its triggered send definition is Active',
      columns: { ...old, is_triggered: true, triggered_send_id: active },
      isOpen: true,
    },
    {
      name: 'not when the definition is Inactive, or Active in another account only',
      columns: { ...old, is_triggered: true, triggered_send_id: inactive },
      isOpen: false,
    },
    { name: 'not when its definition is not known', columns: { ...old, is_triggered: true }, isOpen: false },
  ])('$name', async ({ columns, isOpen }) => {
    await addJob(1, columns);
    expect(await openBySql(since)).toEqual(isOpen ? [1] : []);
    expect(await openByRule(since)).toEqual(isOpen ? [1] : []);
  });

  it('in SQL and in planning alike, for jobs of every kind and on every edge of the lookback', async () => {
    await plantJobHistory(store.pool, 3000, day(0), []);
    for (const days of [7, 30, 60]) {
      const open = await openBySql(day(-days));
      expect(open.length).toBeGreaterThan(100);
      expect(await openByRule(day(-days))).toEqual(open);
    }
  });
});
