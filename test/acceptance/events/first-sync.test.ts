import { runCli, summaryOf } from '../../support/program/cli.ts';
import { ago, dayMs, hourMs } from '../../support/clock.ts';
import {
  accountId,
  listSend,
  openStage,
  otherAccountId,
  type Stage,
  worldOf,
} from '../../support/simulator.ts';
import { countRows, everyType, expectTablesEqualTruth } from '../../support/stored/truth.ts';

const welcomeJobId = 900;
const counts = { sent: 300, open: 180, click: 60 };
let stage: Stage;

beforeAll(async () => {
  const triggered = { accountId, jobId: welcomeJobId, kind: 'triggered', sentAt: null } as const;
  const world = worldOf([
    listSend(101, { counts, subject: 'Spring & Summer' }),
    listSend(102, { counts, createdAt: ago(12 * dayMs), sentAt: ago(12 * dayMs - hourMs) }),
    listSend(201, { accountId: otherAccountId, counts }),
    { ...triggered, createdAt: ago(240 * dayMs), counts: { sent: 150, open: 90, click: 30 } },
  ]);
  stage = await openStage(world);
});
afterAll(() => stage.close());

describe('the first sync of an account', () => {
  it('loads every event of every business unit, also of a triggered job eight months old, and says so', async () => {
    const { env, pool, world } = stage;
    const end = await runCli(['sync', '--json'], env);
    const summary = summaryOf(end);

    expect(end.code).toBe(0);
    await expectTablesEqualTruth(pool, world);
    const loaded = await countRows(pool);
    const total = await pool.query<{ requests: number; done: number }>(
      `select sum(requests)::int as requests, (count(*) filter (where state = 'done'))::int as done
       from pipeline.extract_tasks`,
    );
    expect(end.stdout.trim().split('\n')).toHaveLength(1);
    expect(end.stderr).toBe('');
    expect(summary).toMatchObject({
      ...{ kind: 'sync', outcome: 'completed', accounts: [accountId, otherAccountId] },
      tasks: { done: total.rows[0]?.done, parked: 0 },
      requests: total.rows[0]?.requests,
    });
    for (const type of everyType) {
      expect(loaded[type]).toBe(world.count(type));
      expect(summary.events[type]?.inserted).toBe(loaded[type]);
      expect(summary.events[type]?.rejected).toBe(0);
    }
    const answered = stage.simulator.requests.filter(({ operation }) => operation === 'Retrieve');
    expect(summary.requests).toBe(answered.length);
    expect(Date.parse(summary.startedAt)).toBeLessThan(Date.parse(summary.finishedAt));
  });

  it('reads each dimension by tasks of the ledger, with one request where it fits one page', async () => {
    const { rows } = await stage.pool.query(
      `select account_id, event_type, state, pages, requests, records from pipeline.extract_tasks
       where kind = 'dimension' order by account_id, event_type`,
    );
    const listSendsOf = (id: number) => stage.world.jobs(id).filter(({ kind }) => kind === 'list').length;
    const common = { state: 'done', pages: 1, requests: 1 };
    expect(rows).toEqual(
      [accountId, otherAccountId].flatMap((id) => {
        const definitions = id === accountId ? 1 : 0;
        return [
          // The account at the top gets the records of those below.
          ['business_unit', id === accountId ? 2 : 1],
          ['job', stage.world.jobs(id).length],
          ['link', 5 * stage.world.jobs(id).length],
          ['list', listSendsOf(id)],
          ['triggered_send', definitions],
          ['triggered_send_summary', definitions],
        ].map(([name, records]) => ({ account_id: id, event_type: name, ...common, records }));
      }),
    );
  });

  it('shows the jobs with their counters, and without the padding of their texts', async () => {
    const { rows } = await stage.pool.query<Record<string, unknown>>(
      `select * from tracking.jobs where account_id = $1 and job_id = any($2) order by job_id`,
      [accountId, [101, welcomeJobId]],
    );
    const [spring, welcome] = rows;
    const people = (type: 'open' | 'click') =>
      new Set([...stage.world.events(type, accountId, 101)].map((event) => event.subscriberKey)).size;
    expect(spring).toMatchObject({
      ...{ subject: 'Spring & Summer', email_name: 'Spring & Summer', status: 'Complete' },
      ...{ is_triggered: false, triggered_send_id: null, is_stub: false },
      ...{ number_sent: counts.sent, unique_opens: people('open'), unique_clicks: people('click') },
    });
    const truth = stage.world.jobs(accountId).find(({ jobId }) => jobId === 101);
    expect(spring).toMatchObject({ scheduled_at: truth?.scheduledAt, sent_at: truth?.sentAt });
    expect(spring).toMatchObject({ created_at: truth?.createdAt, modified_at: truth?.modifiedAt });
    expect(spring?.['counters_at']).toBeInstanceOf(Date);
    expect(welcome).toMatchObject({ is_triggered: true, sent_at: null, is_stub: false });
    expect(welcome?.['triggered_send_id']).not.toBeNull();
  });

  it('leaves a watermark and the last RequestID for every job and event type', async () => {
    const { rows } = await stage.pool.query<{ event_type: string; request_id: string; watermark: Date }>(
      `select event_type, request_id, watermark from pipeline.checkpoints`,
    );
    const { rows: runs } = await stage.pool.query<{ started_at: Date }>(
      'select started_at from pipeline.runs',
    );
    const answered = new Set(stage.simulator.requests.map(({ requestId }) => requestId));
    const startedAt = runs[0]?.started_at.getTime() ?? 0;
    expect(rows).toHaveLength(4 * everyType.length);
    for (const { request_id: requestId, watermark } of rows) {
      expect(answered).toContain(requestId);
      expect(watermark.getTime()).toBe(Math.floor(startedAt / 1000) * 1000);
    }
  });

  it('adds nothing and changes no row when it is run again', async () => {
    const { env, pool, world } = stage;
    const before = await pool.query('select * from tracking.click_events order by 1, 2, 3, 4');
    const end = await runCli(['sync', '--json'], env);
    const after = await pool.query('select * from tracking.click_events order by 1, 2, 3, 4');

    expect(end.code).toBe(0);
    const { events } = summaryOf(end);
    expect(everyType.map((type) => events[type]?.inserted)).toEqual([0, 0, 0]);
    expect(after.rows).toEqual(before.rows);
    await expectTablesEqualTruth(pool, world);
  });
});
