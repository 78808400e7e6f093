import fs from 'node:fs';
import { runCli } from '../../support/program/cli.ts';
import { expectGolden, screenOf, startOnScreen, widths } from '../../support/program/golden.ts';
import { normalized, startInTerminal } from '../../support/program/screen.ts';
import {
  accountId,
  listSend,
  openStage,
  otherAccountId,
  type Stage,
  worldOf,
} from '../../support/simulator.ts';

const counts = { sent: 400, open: 140, click: 30, bounce: 12 };
const jobs = [
  listSend(1_543_000, { counts }),
  listSend(1_543_001, { counts }),
  listSend(1_553_000, { counts, accountId: otherAccountId }),
];
/** Of the 24 Retrieves of a sync: some tasks are done, others are not. */
const heldAfter = 12;
const hasTerminals = fs.existsSync('/usr/bin/script') && process.platform === 'linux';

let stage: Stage;
let parkedId = 0;
afterEach(() => stage.close());

/** The screen after a command in the night of the 2nd of July. */
const nightScreenOf = (args: readonly string[], columns: number) =>
  screenOf(args, { env: stage.env, columns, now: () => new Date('2026-07-02T02:00:00Z') });

/** The plan gives out ids in the order in which its parts are written. */
function withoutId(text: string): string {
  return text.replace(new RegExp(`(^|id |  )${parkedId}(?=:| |$)`, 'gmu'), '$1NN');
}

describe('each command has a screen', () => {
  beforeEach(async () => {
    stage = await openStage(worldOf(jobs));
    await runCli(['sync'], { ...stage.env, EVENT_TYPES: 'all' });
    parkedId = await plantNight(stage);
  });

  // One stage for all of them: the database is the same.
  it('that is kept as a file, for each width', async () => {
    const commands = [
      ['status'],
      ['tasks', '--parked'],
      ['rejected'],
      ['accounts'],
      ['reconcile'],
      ['rollups', 'check'],
    ];
    for (const columns of widths) {
      for (const args of commands) {
        const [name = ''] = args;
        const text = await nightScreenOf(args, columns);
        expectGolden(`${name}-${columns}`, name === 'tasks' ? withoutId(text) : text);
      }
    }

    for (const columns of widths) {
      const checked = await nightScreenOf(['doctor'], columns);
      expect(checked).toMatch(/^ok {11}settings: complete/u);
      expect(checked).toMatch(/\n\d+ checks, /u);
    }
    const range = ['--from', '2025-01-01', '--to', '2027-01-01'];
    for (const columns of widths)
      expect(await nightScreenOf(['backfill', ...range, '--dry-run'], columns)).toContain(' jobs, ');
  });
});

(hasTerminals ? describe : describe.skip)('a sync in a terminal', () => {
  const settings = () => ({
    ...stage.env,
    LOG_FORMAT: 'pretty',
    CONCURRENCY_PER_ACCOUNT: '1',
    PAGE_SIZE: '200',
  });
  beforeEach(async () => {
    stage = await openStage(worldOf(jobs));
  });

  it.each(widths)('has one live line in %d columns, and its summary last', async (columns) => {
    const hold = stage.simulator.holdAfter(heldAfter);
    // Whether a terminal's own width is known does not depend on what it is: one of them is a real one.
    const start = columns === 80 ? startInTerminal : startOnScreen;
    const session = start(['sync'], settings(), columns);
    await hold.reached;
    await session.screen.shows(/\d+ of \d+ tasks/u);
    const during = await session.screen.lines();
    expect(during).toHaveLength(1);
    expect(during[0]?.length).toBeLessThan(columns);

    hold.release();
    expect(await session.end).toBe(0);
    expectGolden(`sync-${columns}`, normalized(await session.screen.text()));
  });

  it('says that it stops, and shows what it did by then', async () => {
    const hold = stage.simulator.holdAfter(heldAfter);
    const session = startInTerminal(['sync'], settings(), 80);
    await hold.reached;
    await session.screen.shows(/\d+ of \d+ tasks/u);
    session.type('\u0003');
    await session.screen.shows(/^Stopping: arriving pages are committed/mu);
    await session.screen.shows(/ · stopping/u);
    hold.release();
    expect(await session.end).toBe(130);
    expect(await session.screen.text()).toMatch(/^sync 1 interrupted: the same command continues/mu);
  });

  it('names the run that is in progress too', async () => {
    const hold = stage.simulator.holdAfter(heldAfter);
    const first = startInTerminal(['sync'], settings(), 80);
    await hold.reached;
    const second = startOnScreen(['sync'], settings(), 80);
    await second.screen.shows(/^sync 1 \(pid \d+ on .*\) is in progress too/mu);
    hold.release();
    expect([await first.end, await second.end]).toEqual([0, 0]);
  });

  it('says that the gate is closed and when it is checked', async () => {
    stage.simulator.setSystemStatus('InMaintenance');
    const session = startInTerminal(['sync'], { ...settings(), GATE_WAIT_MINUTES: '60' }, 80);
    await session.screen.shows(/gate closed: InMaintenance, next check /u);
    session.type('\u0003');
    expect(await session.end).toBe(130);
  });

  it('shows warnings above the line, broken at blanks, and none with --quiet', async () => {
    const env = { ...settings(), SFMC_ACOUNT_IDS: '1' };
    const loud = startInTerminal(['sync'], env, 60);
    expect(await loud.end).toBe(0);
    const [first, second] = await loud.screen.lines();
    expect(first).toMatch(/^\d\d:\d\d:\d\d WARN SFMC_ACOUNT_IDS is not a setting/u);
    expect(second).toMatch(/^ {9}\S/u);
    const quiet = startOnScreen(['sync', '--quiet', '--events', 'open'], settings(), 60);
    expect(await quiet.end).toBe(0);
    expect(quiet.screen.written).not.toContain('\u001b[K');
  });

  it('has colors, and none where NO_COLOR is set', async () => {
    const colored = startInTerminal(['sync'], settings(), 80);
    expect(await colored.end).toBe(0);
    expect(colored.screen.written).toContain('\u001b[32msync 1 completed\u001b[0m');
    const plain = startInTerminal(['status'], { ...settings(), NO_COLOR: '1' }, 80);
    expect(await plain.end).toBe(0);
    expect(await plain.screen.text()).toContain('Complete up to');
    expect(plain.screen.written).not.toContain('\u001b');
  });
});

/** What a bad night leaves behind, at fixed instants. */
async function plantNight({ pool }: Stage): Promise<number> {
  await pool.query(
    `update pipeline.runs set started_at = '2026-07-02T00:15Z', finished_at = '2026-07-02T00:52Z',
            outcome = 'completed_with_problems'`,
  );
  await pool.query(
    `update pipeline.checkpoints set watermark = '2026-07-01T23:45Z', covered_to = '2026-07-01T23:45Z'`,
  );
  const { rows } = await pool.query<{ id: number }>(
    `update pipeline.extract_tasks
     set state = 'parked', parked_at = now(), error_code = 'RETRIEVE_FAILED', error_message = 'Error: something is wrong at the source',
         failure = '{"requestId": "11111111-2222-3333-4444-555555555555"}', attempts = 3,
         window_from = '2026-07-01T22:00Z', window_to = '2026-07-01T23:45Z'
     where kind = 'events' and account_id = $1 and job_id = 1543001 and event_type = 'survey'
     returning id`,
    [accountId],
  );
  await pool.query(
    `insert into pipeline.rejected_records (account_id, job_id, event_type, reason, record, record_digest, last_seen_at)
     values ($1, 1543000, 'open', 'EventDate is 2026-02-30T10:00:00: there is no such day, or it lies in the future', '<Results/>', 'x',
             '2026-07-01T23:50Z')`,
    [accountId],
  );
  await pool.query(
    `update pipeline.accounts set state = 'refused', refused_reason = 'Login Failed: check SFMC_CLIENT_SECRET'
     where account_id = $1`,
    [otherAccountId],
  );
  await pool.query(`update pipeline.dimension_readings set read_at = '2026-07-02T00:16Z'`);
  await pool.query('delete from pipeline.request_days');
  await pool.query(
    `insert into pipeline.request_days (account_id, day, kind, requests)
     values ($1, '2026-07-01', 'retrieve', 1900), ($1, '2026-07-02', 'retrieve', 1234)`,
    [accountId],
  );
  await pool.query(`update pipeline.accounts set jobs_discovered_until = '2026-07-02T00:15Z'`);
  expect(rows).toHaveLength(1);
  return rows[0]?.id ?? 0;
}
