import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCli, summaryOf } from '../../support/program/cli.ts';
import { dayMs, hourMs, minuteMs } from '../../support/clock.ts';
import { accountId, eventOf, listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const shiftedClock = pathToFileURL(
  path.join(import.meta.dirname, '..', '..', 'support', 'program', 'shifted-clock.js'),
).href;
const jobId = 660;
let stage: Stage;
/** How far Marketing Cloud's clock is ahead. */
let sourceShiftMs = 0;

beforeEach(async () => {
  sourceShiftMs = 0;
  const now = () => new Date(Date.now() + sourceShiftMs);
  const world = worldOf([listSend(jobId, { counts: { sent: 20, open: 15, click: 5 } })]);
  stage = await openStage(world, { now });
});
afterEach(() => stage.close());

/** A sync whose process has a clock that is ahead of the machine's, and the database's, by that much. */
function syncShifted(shiftedMs: number) {
  const clock = { NODE_OPTIONS: `--import=${shiftedClock}`, SHIFTED_MS: String(shiftedMs) };
  return runCli(['sync', '--json'], { ...stage.env, ...clock });
}

async function marksAhead(): Promise<number> {
  const { rows } = await stage.pool.query<{ ahead: number }>(
    `select (select count(*) from pipeline.checkpoints
             where greatest(watermark, covered_to, asked_at, full_read_at) > now())
            + (select count(*) from pipeline.accounts where jobs_discovered_until > now()) as ahead`,
  );
  return rows[0]?.ahead ?? 0;
}

/** Events of the last minutes, a new job and a late event: what a mark that lies too far ahead hides. */
function addNews(): void {
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  stage.world.addEvents('open', [
    eventOf(jobId, { occurredAt: nowMs - 2000, availableAt: nowMs - 1000, subscriberKey: 'new' }),
    eventOf(jobId, { occurredAt: nowMs - 20 * hourMs, availableAt: nowMs - 1000, subscriberKey: 'late' }),
  ]);
}

describe('a process whose clock is wrong', () => {
  it.each([-23 * hourMs, -2 * hourMs, -3 * minuteMs, 3 * minuteMs, 2 * hourMs, 30 * dayMs, -3 * dayMs])(
    'by %i ms loads every event, and leaves no mark in the future',
    async (shiftedMs) => {
      const first = await syncShifted(shiftedMs);
      expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
      expect(await marksAhead()).toBe(0);
      addNews();
      const second = await runCli(['sync', '--json'], stage.env);
      expect(second.code).toBe(0);
      expect(summaryOf(second).events['open']).toMatchObject({ inserted: 2 });
      await expectTablesEqualTruth(stage.pool, stage.world);
    },
  );
});

describe('a mark that lies in the future, because the database had a wrong clock', () => {
  it('is set back, reported, and what it covers is read again', async () => {
    expect((await runCli(['sync', '--json'], stage.env)).code).toBe(0);
    await stage.pool.query(
      `update pipeline.checkpoints
       set watermark = watermark + interval '30 days', covered_to = covered_to + interval '30 days',
           asked_at = asked_at + interval '30 days'`,
    );
    await stage.pool.query(
      `update pipeline.accounts
       set jobs_discovered_until = jobs_discovered_until + interval '30 days',
           slots_reduced_to = 1, slots_reduced_from = 2,
           slots_reduced_at = now() + interval '30 days'`,
    );
    stage.world.addJob(listSend(jobId + 1, { counts: { sent: 9, open: 4, click: 2 } }));
    addNews();

    const end = await runCli(['sync', '--json'], stage.env);
    expect(end.code).toBe(1);
    expect(summaryOf(end)).toMatchObject({ problems: [{ accountId, code: 'CLOCK_WRONG' }] });
    expect(await marksAhead()).toBe(0);
    await expectTablesEqualTruth(stage.pool, stage.world);
    expect((await runCli(['sync', '--json'], stage.env)).code).toBe(0);
  });
});

describe('Marketing Cloud with a wrong clock', () => {
  it.each([-2 * hourMs, 2 * hourMs, 30 * dayMs])(
    'by %i ms moves no mark into the future; what cannot be believed is reported',
    async (shiftedMs) => {
      await stage.pool.query('insert into pipeline.accounts (account_id, clock_offset_ms) values ($1, $2)', [
        accountId,
        shiftedMs,
      ]);
      sourceShiftMs = shiftedMs;
      const end = await runCli(['sync', '--json'], stage.env);
      expect(end.code).toBe(Math.abs(shiftedMs) > dayMs ? 1 : 0);
      expect(await marksAhead()).toBe(0);
      sourceShiftMs = 0;
      addNews();
      expect((await runCli(['sync', '--json'], stage.env)).code).toBe(0);
      await expectTablesEqualTruth(stage.pool, stage.world);
    },
  );
});
