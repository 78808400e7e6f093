import { runCli, startCli, summaryOf } from '../../support/program/cli.ts';
import { listSend, openStage, type Stage, untilHeld, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const counts = { sent: 120, open: 90, click: 40 };
let stage: Stage;

beforeAll(async () => {
  const world = worldOf([501, 502, 503].map((jobId) => listSend(jobId, { counts })));
  // Slow enough to be killed between any two pages.
  stage = await openStage(world, { latencyMs: 25 });
});
afterAll(() => stage.close());

async function isMidway(): Promise<boolean> {
  const { rowCount } = await stage.pool.query(
    `select from pipeline.extract_tasks where kind = 'events' and state = 'running' and pages > 0`,
  );
  return rowCount !== 0;
}

describe('a sync that is killed', () => {
  it.each([
    ['while it discovers jobs', 0, false],
    ['with its first pages on their way', 5, false],
    ['in mid-window', 14, true],
    ['in mid-window again', 14, true],
  ])('%s leaves only whole pages behind', async (_when, retrieves, midway) => {
    const { simulator, pool, env } = stage;
    let hold = simulator.holdAfter(retrieves);
    const sync = startCli(['sync', '--json'], { ...env, PAGE_SIZE: '10' });
    await untilHeld(hold, sync);
    while (midway && !(await isMidway())) {
      hold = simulator.holdAfter(1);
      await untilHeld(hold, sync);
    }
    sync.signal('SIGKILL');
    expect(await sync.end).toMatchObject({ code: null, stdout: '' });
    hold.release();

    const { rows } = await pool.query<{ inserted: number; loaded: number }>(
      `select (select coalesce(sum(inserted), 0) from pipeline.extract_tasks where kind in ('events', 'tail'))::int as inserted,
              (select count(*) from tracking.sent_events)::int + (select count(*) from tracking.open_events)::int
              + (select count(*) from tracking.click_events)::int as loaded`,
    );
    expect(rows[0]?.loaded).toBe(rows[0]?.inserted);
  });

  it('is relieved by the next one, which finds its locks free before it begins, and ends exact', async () => {
    const { pool, world, env } = stage;
    const { rows: held } = await pool.query(`select from pipeline.extract_tasks where state = 'running'`);
    expect(held.length).toBeGreaterThan(0);
    const end = await runCli(['sync', '--json'], { ...env, PAGE_SIZE: '10' });

    expect(end.code).toBe(0);
    expect(summaryOf(end).outcome).toBe('completed');
    await expectTablesEqualTruth(pool, world);
    const { rows: runs } = await pool.query<{ outcome: string; is_relieved: boolean }>(
      `select outcome, process.ended_at <= (select max(started_at) from pipeline.runs) as is_relieved
       from pipeline.runs join pipeline.processes as process using (process_id) order by run_id`,
    );
    expect(runs.slice(0, -1)).toEqual(
      runs.slice(0, -1).map(() => ({ outcome: 'interrupted', is_relieved: true })),
    );
    expect(runs.at(-1)?.outcome).toBe('completed');
    const { rows: open } = await pool.query('select from pipeline.extract_tasks where settled_at is null');
    expect(open).toEqual([]);
  });

  it('has its windows read from their first page again: where the cursor of a killed request stands is not known', async () => {
    const { rows } = await stage.pool.query<{ loaded: number; records: number }>(
      `select sum(inserted)::int as loaded, sum(records)::int as records from pipeline.extract_tasks where kind in ('events', 'tail')`,
    );
    expect(rows[0]?.loaded).toBe(3 * (counts.sent + counts.open + counts.click));
    expect(rows[0]?.records).toBeGreaterThan(rows[0]?.loaded ?? 0);
  });
});
