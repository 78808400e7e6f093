import path from 'node:path';
import { startCli } from '../../support/program/cli.ts';
import { eventually } from '../../support/clock.ts';
import { listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const world = worldOf([listSend(1, { counts: { sent: 20, open: 10, click: 5 } })]);
let stage: Stage;
beforeEach(async () => {
  stage = await openStage(world);
});
afterEach(() => stage.close());

const shiftedClock = path.join(import.meta.dirname, '..', '..', 'support', 'program', 'shifted-clock.js');

/**
 * Keeps each beginning and each end of a housekeeping step, in the order of their commits, and who wanted to serve a tick,
 * also where another process was first.
 */
async function watchServices(): Promise<void> {
  await stage.pool.query(`
    create table public.step_log (id bigint generated always as identity, step text, process_id int, is_over boolean);
    create function public.log_step() returns trigger language plpgsql as $$
    begin
      insert into public.step_log (step, process_id, is_over) values (new.step, new.process_id, new.finished_at is not null);
      return null;
    end $$;
    create trigger log_step after insert or update on pipeline.housekeeping_steps
      for each row execute function public.log_step();
    create table public.tick_log (scheduled_at timestamptz, process_id int);
    create function public.log_tick() returns trigger language plpgsql as $$
    begin
      insert into public.tick_log values (new.scheduled_at, new.process_id);
      return new;
    end $$;
    create trigger log_tick before insert on pipeline.runs for each row execute function public.log_tick()`);
}

describe('three serve processes whose clocks are seconds apart', () => {
  it('start one run for each tick, and execute each housekeeping step in one process at a time', async () => {
    await watchServices();
    const { pool, env } = stage;
    const services = [-3000, 0, 4000].map((shiftedMs) =>
      startCli(['serve'], {
        ...{ ...env, LOG_LEVEL: 'info', SYNC_SCHEDULE: '*/5 * * * * *' },
        ...{ NODE_OPTIONS: `--import=${shiftedClock}`, SHIFTED_MS: String(shiftedMs) },
      }),
    );
    const hasSeenEnough = async () => {
      const { rows } = await pool.query<{ runs: number; processes: number; steps: number; wanted: number }>(
        `select (select count(*) from pipeline.runs where finished_at is not null)::int as runs,
                (select count(distinct process_id) from pipeline.schedule)::int as processes,
                (select count(distinct process_id) from public.step_log)::int as steps,
                (select max(count) from (
                   select count(distinct process_id)::int from public.tick_log group by scheduled_at) as tick) as wanted`,
      );
      const [seen] = rows;
      if (seen === undefined) return false;
      return seen.runs >= 5 && seen.processes === 3 && seen.steps >= 2 && seen.wanted >= 2;
    };
    const what = 'runs of five ticks, one of them wanted twice, each process having looked';
    await eventually(what, hasSeenEnough, { pauseMsMax: 500 });
    // Before they end: a step that one is told to leave is another one's at once.
    const { rows: log } = await pool.query<{ step: string; process_id: number; is_over: boolean }>(
      'select step, process_id, is_over from public.step_log order by id',
    );
    for (const service of services) service.signal('SIGTERM');
    const ends = await Promise.all(services.map(({ end }) => end));
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(ends.some(({ stderr }) => stderr.includes('tick is served by another process'))).toBe(true);

    const { rows: ticks } = await pool.query<{ runs: number; isTick: boolean }>(
      `select count(*)::int as runs, extract(epoch from scheduled_at)::int % 5 = 0 as "isTick"
       from pipeline.runs group by scheduled_at`,
    );
    for (const tick of ticks) expect(tick).toEqual({ runs: 1, isTick: true });

    const leaders = new Map<string, number>();
    for (const { step, process_id: processId, is_over: isOver } of log) {
      const leader = leaders.get(step);
      // One begins after the other has ended, and who ends is who began.
      if (isOver) expect({ step, leader }).toEqual({ step, leader: processId });
      else expect({ step, leader }).toEqual({ step, leader: undefined });
      if (isOver) leaders.delete(step);
      else leaders.set(step, processId);
    }
    await expectTablesEqualTruth(pool, world);
  });
});
