import type { TruthEvent } from '../../../simulator/world/truth.ts';
import { runCli, startCli, summaryOf } from '../../support/program/cli.ts';
import { ago, dayMs, eventually, hourMs } from '../../support/clock.ts';
import { eventOf, listSend, openStage, type Stage, untilHeld, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const wholeSecond = (date: Date) => Math.floor(date.getTime() / 1000) * 1000;
const from = wholeSecond(ago(40 * hourMs));
const to = wholeSecond(ago(20 * hourMs));
const range = ['--from', new Date(from).toISOString(), '--to', new Date(to).toISOString()];
const backfill = ['backfill', ...range, '--json'];
/** Bounds on the wire are whole seconds and begin a second early; further than that nothing may come. */
const isInRange = ({ occurredAt }: TruthEvent) => occurredAt >= from - 1000 && occurredAt <= to;
const jobIds = [701, 702, 703];
let stage: Stage;

beforeAll(async () => {
  const bounds = [from - 1500, from - 1000, from, from + 7, to - 3, to, to + 1500];
  const open = bounds.map((occurredAt, at) => eventOf(701, { occurredAt, subscriberKey: `bound${at}` }));
  const createdAt = ago(3 * dayMs);
  // Still being sent: its mails, too, can fall into the range.
  const spec = { createdAt, sentAt: null, counts: { sent: 90, open: 70, click: 30 } };
  const specs = jobIds.map((jobId) =>
    listSend(jobId, { ...spec, ...(jobId === 701 ? { events: { open } } : {}) }),
  );
  const outside = listSend(704, {
    createdAt: ago(10 * hourMs),
    sentAt: ago(9 * hourMs),
    counts: { sent: 20 },
  });
  stage = await openStage(worldOf([...specs, outside]), { latencyMs: 20 });
});
afterAll(() => stage.close());

async function watermarks(): Promise<object[]> {
  const { rows } = await stage.pool.query<object>(
    'select * from pipeline.checkpoints order by job_id, event_type',
  );
  return rows;
}

function firstPagesSince(count: number): string[] {
  return stage.simulator.requests
    .slice(count)
    .filter(({ page, objectType }) => page === 1 && objectType?.endsWith('Event'))
    .map(({ objectType, jobId }) => `${objectType ?? ''} ${jobId ?? ''}`)
    .sort();
}

describe('a backfill', () => {
  it('that is interrupted and given again continues: no page of a window that is done is asked for twice', async () => {
    const { simulator, pool, env } = stage;
    const settings = { ...env, PAGE_SIZE: '10', CONCURRENCY_PER_ACCOUNT: '2' };
    // The nine windows are 18 pages, at most two of them in flight; dimensions are read by up to eight requests.
    const hold = simulator.holdAfter(18);
    const first = startCli(backfill, settings);
    await untilHeld(hold, first);
    await eventually('two windows to be done', async () => {
      const { rows } = await pool.query<{ done: number }>(
        `select count(*)::int as done from pipeline.extract_tasks where kind = 'events' and state = 'done'`,
      );
      return (rows[0]?.done ?? 0) >= 2;
    });
    first.signal('SIGTERM');
    hold.release();
    expect((await first.end).code).toBe(130);
    const { rows: done } = await pool.query<{ what: string }>(
      `select case event_type when 'sent' then 'SentEvent ' when 'open' then 'OpenEvent ' else 'ClickEvent ' end
              || job_id as what
       from pipeline.extract_tasks where kind = 'events' and state = 'done'`,
    );
    const asked = simulator.requests.length;
    const second = await runCli(backfill, settings);

    expect(second.code).toBe(0);
    const again = new Set(
      stage.simulator.requests.slice(asked).map((one) => `${one.objectType ?? ''} ${one.jobId ?? ''}`),
    );
    expect(done.length).toBeGreaterThanOrEqual(2);
    expect(done.filter(({ what }) => again.has(what))).toEqual([]);
    const { rows: planned } = await pool.query(
      `select distinct job_id, event_type from pipeline.extract_tasks where kind = 'events'`,
    );
    expect(planned).toHaveLength(9);
  });

  it('loads exactly the events of its range, and asks no job that was created after it', async () => {
    await expectTablesEqualTruth(stage.pool, stage.world, { expected: isInRange });
  });

  it('leaves watermarks alone: there are none before a sync, and none of its own moves one', async () => {
    expect(await watermarks()).toEqual([]);
    expect((await runCli(['sync', '--jobs', '703', '--json'], stage.env)).code).toBe(0);
    const before = await watermarks();
    expect(before).toHaveLength(3);
    const { rows } = await stage.pool.query('select distinct job_id from pipeline.checkpoints');
    expect(rows).toEqual([{ job_id: 703 }]);
    expect((await runCli([...backfill, '--jobs', '703'], stage.env)).code).toBe(0);
    expect(await watermarks()).toEqual(before);
  });

  it('that is finished is read afresh when it is given again, and adds nothing', async () => {
    const asked = stage.simulator.requests.length;
    const end = await runCli(backfill, stage.env);

    expect(end.code).toBe(0);
    const names = ['ClickEvent', 'OpenEvent', 'SentEvent'];
    expect(firstPagesSince(asked)).toEqual(
      names.flatMap((name) => jobIds.map((jobId) => `${name} ${jobId}`)),
    );
    const { events } = summaryOf(end);
    expect(Object.values(events).map(({ inserted }) => inserted)).toEqual([0, 0, 0]);
    expect(events['sent']?.records).toBeGreaterThan(0);
  });
});
