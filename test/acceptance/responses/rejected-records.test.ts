import { runCli, summaryOf } from '../../support/program/cli.ts';
import { dayMs, hourMs } from '../../support/clock.ts';
import { eventOf, listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { countRows } from '../../support/stored/truth.ts';

const jobId = 400;
const readable = Array.from({ length: 2499 }, (_, at) =>
  eventOf(jobId, { subscriberKey: `person${at}@example.com` }),
);
const unreadable = [
  { EventDate: '2026-02-30T10:00:00' },
  { EventDate: null },
  { EventDate: '0001-01-01T00:00:00' },
  { BatchID: 'twelve' },
  { BatchID: '99999999999999999999' },
  { SubscriberKey: 'bell&#x7;' },
  { SubscriberKey: 'nothing&#0;' },
  { EventDate: '2199-01-01T00:00:00' },
].map((raw, at) =>
  // Inside the overlap, so that the next sync reads them again.
  eventOf(jobId, { subscriberKey: `broken${at}`, occurredAt: Date.now() - hourMs, raw }),
);

let stage: Stage;
beforeAll(async () => {
  const events = { open: [...readable, ...unreadable] };
  stage = await openStage(worldOf([listSend(jobId, { events })]));
});
afterAll(() => stage.close());

async function kept() {
  const { rows } = await stage.pool.query<{ reason: string; record: string; times_seen: number }>(
    'select reason, record, times_seen from pipeline.rejected_records order by id',
  );
  return rows;
}

describe('a record that cannot be read', () => {
  it('is set aside with its XML and the reason, while the rest of its page loads', async () => {
    const end = await runCli(['sync', '--json'], stage.env);

    expect(end.code).toBe(1);
    expect(summaryOf(end).outcome).toBe('completed_with_problems');
    expect(summaryOf(end).events['open']?.rejected).toBe(unreadable.length);
    expect((await countRows(stage.pool)).open).toBe(readable.length);
    const records = await kept();
    expect(records).toHaveLength(unreadable.length);
    for (const { reason, record } of records) {
      expect(reason).toMatch(/EventDate|BatchID|SubscriberKey/u);
      expect(record).toContain('<SendID>400</SendID>');
    }
  });

  it('is one row however often it is read, and new only once', async () => {
    const end = await runCli(['sync', '--jobs', String(jobId), '--json'], stage.env);

    expect(end.code).toBe(0);
    expect(summaryOf(end).events['open']?.rejected).toBe(0);
    expect((await kept()).map((row) => row.times_seen)).toEqual(unreadable.map(() => 2));
  });

  it('becomes an event when it can be read after a fix, and stays where it cannot', async () => {
    const fixedDate = new Date(Date.now() - 3 * dayMs).toISOString().slice(0, 19);
    await stage.pool.query(
      `update pipeline.rejected_records set record = replace(record, '2026-02-30T10:00:00', $1)`,
      [fixedDate],
    );
    const replay = await runCli(['rejected', 'replay'], stage.env);
    const again = await runCli(['rejected', 'replay'], stage.env);

    expect(replay.stdout).toContain('8 records read again: 1 new events, 7 still cannot be read');
    expect(again.stdout).toContain('7 records read again: 0 new events, 7 still cannot be read');
    expect(replay.code).toBe(1);
    expect((await countRows(stage.pool)).open).toBe(readable.length + 1);
  });

  it('is listed for a person without what it holds', async () => {
    const end = await runCli(['rejected'], stage.env);

    expect(end.code).toBe(0);
    expect(end.stdout).toContain('EventDate');
    expect(end.stdout).not.toContain('broken');
  });
});

describe('a job whose own record cannot be read', () => {
  it('is asked for its events all the same, as a stub', async () => {
    const badJob = 401;
    const { env, pool, world } = stage;
    world.addJob(listSend(badJob, { subject: 'bell \u0007', events: { open: [eventOf(badJob)] } }));
    const end = await runCli(['sync', '--json'], env);

    expect(end.code).toBe(1);
    const { rows } = await pool.query(
      `select job.is_stub, count(event.*)::int as opens
       from tracking.jobs as job left join tracking.open_events as event using (job_id)
       where job.job_id = $1 group by job.is_stub`,
      [badJob],
    );
    expect(rows).toEqual([{ is_stub: true, opens: 1 }]);
  });
});
