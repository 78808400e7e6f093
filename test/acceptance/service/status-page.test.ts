import type { Browser } from 'playwright-core';
import {
  keepPicture,
  openBrowser,
  openPage,
  seriousFindings,
  sidewaysPixels,
} from '../../support/outside/browser.ts';
import { beginCli, type RunningCli, startCli } from '../../support/program/cli.ts';
import { ago, dayMs, distantSchedule, eventually } from '../../support/clock.ts';
import { freePort } from '../../support/outside/ports.ts';
import {
  accountId,
  listSend,
  openStage,
  otherAccountId,
  type Stage,
  untilHeld,
  worldOf,
} from '../../support/simulator.ts';
import { findSystemProgram } from '../../support/outside/system-program.ts';

const program = findSystemProgram('chromium');
const inBrowser = program === undefined ? describe.skip : describe;

const schedule = distantSchedule();
const subjects = [
  'Winter sale: 50 % off & free delivery',
  'Your order in three steps',
  'New this week',
  'Three recipes for Sunday',
  'Last days of the autumn prices',
  'How did we do?',
];
/** What a page that trusts its source would execute. */
const hostile = '<img src=x onerror=alert(1)> & "50 %" off';
const counts = { sent: 300, open: 140, click: 30, bounce: 4, unsub: 2 };
const jobs = [0, 1, 2, 3, 4, 5].map((at) => {
  const createdAt = ago((2 + at * 3) * dayMs);
  const sentAt = new Date(createdAt.getTime() + 3_600_000);
  const account = at % 3 === 2 ? otherAccountId : accountId;
  return listSend(700 + at, { accountId: account, createdAt, sentAt, counts, subject: subjects[at] ?? '' });
});

inBrowser('the status page', () => {
  let stage: Stage;
  let browser: Browser;
  let service: RunningCli;
  let url: string;

  beforeAll(async () => {
    stage = await openStage(worldOf(jobs));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const settings = {
      ...stage.env,
      ...{ EVENT_TYPES: 'all', TAIL: 'auto' },
      HTTP_PORT: String(port),
      SYNC_SCHEDULE: schedule.expression,
    };
    service = startCli(['serve'], settings);
    browser = await openBrowser(program ?? '');
    await eventually('the service', () =>
      fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  });
  afterAll(async () => {
    await browser.close();
    service.signal('SIGTERM');
    await service.end;
    await stage.close();
  });

  it('says of a fresh database what will happen and when, then shows a run and its end without a reload', async () => {
    const { page, faults } = await openPage(browser, url);
    await page.getByText('No event has been requested yet.').waitFor();
    await page.getByText(new RegExp(`Next sync at \\d{4}-${schedule.monthAndDay} 02:00 UTC`, 'u')).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await keepPicture(page, 'empty');

    const hold = stage.simulator.holdAfter(40);
    const run = beginCli(['sync'], { ...stage.env, EVENT_TYPES: 'all', TAIL: 'auto' });
    await untilHeld(hold, run);
    await page.getByText(/^sync 1: \d+ of \d+ tasks/u).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await keepPicture(page, 'running');

    hold.release();
    expect((await run.end).code).toBe(0);
    await page.getByText(/^Tail of account Example \(7000001\): by date/u).waitFor();
    // A look while a job caught up has it open already.
    await page.evaluate(`document.querySelector('#tail details').open = true`);
    await page.getByRole('row', { name: /^Example \(7000001\) open .*by date/u }).waitFor();
    await page.getByText(/^Complete up to .* UTC for 9 event types of 2 accounts, no holes\.$/u).waitFor();
    await page.getByRole('img', { name: /^Events per day \(UTC\): [\d,]+ in all/u }).waitFor();
    expect(faults).toEqual([]);
  });

  it.each(
    [390, 800, 1600].flatMap((width) => [
      { width, theme: 'light' as const },
      { width, theme: 'dark' as const },
    ]),
  )('fits $width pixels in $theme colors, and is accessible', async ({ width, theme }) => {
    const { page, faults } = await openPage(browser, url, { width, theme });
    expect(await sidewaysPixels(page)).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    expect(faults).toEqual([]);
    await keepPicture(page, `complete-${width}-${theme}`);
  });

  it('leads by keyboard from a run to a task, its job and its account', async () => {
    await stage.pool.query('update tracking.jobs set subject = $1 where job_id = 700', [hostile]);
    const { page, faults } = await openPage(browser, url, { width: 1280 });
    await page.getByRole('link', { name: 'sync 1' }).first().press('Enter');
    await page.getByRole('heading', { name: 'Run: sync 1' }).waitFor();
    await keepPicture(page, 'run');
    const row = page.getByRole('row', { name: /sent of job 700/u });
    await row.getByRole('link').first().press('Enter');
    await page.getByText('RequestID of the last page').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await keepPicture(page, 'task');
    await page.getByRole('link', { name: '700', exact: true }).press('Enter');
    await page.getByRole('heading', { name: hostile }).waitFor();
    await page.getByRole('rowheader', { name: 'number_sent' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(await sidewaysPixels(page)).toBe(0);
    await keepPicture(page, 'job');
    await page.getByRole('link', { name: `account Example (${accountId})` }).press('Enter');
    await page.getByRole('heading', { name: `Account Example (${accountId})`, level: 1 }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await keepPicture(page, 'account');
    expect(faults).toEqual([]);
    await stage.pool.query('update tracking.jobs set subject = $1 where job_id = 700', [subjects[0]]);
  });

  it('is complete without its script', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(url);
    await page.getByText(/^Complete up to/u).waitFor();
    await page.getByRole('link', { name: 'sync 1' }).first().click();
    await page.getByRole('heading', { name: 'Run: sync 1' }).waitFor();
    await context.close();
  });

  it('shows a closed gate, parked tasks, rejected records, a refused account and data that are behind', async () => {
    const { page, faults } = await openPage(browser, url, { width: 390, theme: 'dark' });
    await plantProblems(stage);
    await page
      .getByText(/^Gate: CLOSED since .*: Marketing Cloud reports InMaintenance/u)
      .first()
      .waitFor();
    await page.getByText('1 parked task', { exact: true }).waitFor();
    await page.getByText(/RETRIEVE_FAILED: Error: Index <0> was outside the bounds/u).waitFor();
    await page.getByText(/ask its support/u).waitFor();
    await page.getByText('EventDate is missing').waitFor();
    await page.getByText(/^Account .*7000002.* is refused: Login Failed/u).waitFor();
    await page.getByText(/^Data are overdue since/u).waitFor();
    await page
      .getByText(/^The tail of account .*7000002.* is off since .*: 2 open events of job 702/u)
      .waitFor();
    await page.getByText(/^by date \(RETRIEVE_TIMED_OUT\), tried again from/u).waitFor();
    expect(await sidewaysPixels(page)).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    await keepPicture(page, 'problems-390-dark');
    await page.setViewportSize({ width: 1280, height: 900 });
    await keepPicture(page, 'problems-1280-dark');
    expect(faults).toEqual([]);
  });

  it('says that the database does not let it read', async () => {
    const { page } = await openPage(browser, url);
    await stage.pool.query('alter table pipeline.checkpoints rename to checkpoints_away');
    await page.getByText('The database cannot be reached.').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: /^The status cannot be read/u }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await stage.pool.query('alter table pipeline.checkpoints_away rename to checkpoints');
    await page.getByRole('link', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: /^Complete up to/u }).waitFor();
  });
});

/** What a bad night leaves behind. */
async function plantProblems({ pool }: Stage): Promise<void> {
  await pool.query(
    `update pipeline.extract_tasks set state = 'parked', parked_at = now(), error_code = 'RETRIEVE_FAILED',
            error_message = 'Error: Index <0> was outside the bounds of the array.'
     where id = (select max(id) from pipeline.extract_tasks where kind = 'events' and origin = 'sync')`,
  );
  await pool.query(
    `insert into pipeline.rejected_records (account_id, job_id, event_type, reason, record, record_digest)
     values ($1, 700, 'open', 'EventDate is missing', '<Results/>', 'x')`,
    [accountId],
  );
  await pool.query(
    `update pipeline.accounts set state = 'refused', refused_reason = 'Login Failed' where account_id = $1`,
    [otherAccountId],
  );
  await pool.query(
    `update pipeline.accounts
     set tail_off_at = now() - interval '2 days', tail_off_reason = '2 open events of job 702 had not been read by date'
     where account_id = $1`,
    [otherAccountId],
  );
  await pool.query('delete from pipeline.tails where account_id = $1', [otherAccountId]);
  await pool.query(`update pipeline.tails set rung = 3 where account_id = $1 and event_type = 'open'`, [
    accountId,
  ]);
  await pool.query(
    `insert into pipeline.tail_failures (account_id, event_type, rung, code, reason)
     values ($1, 'open', 2, 'RETRIEVE_TIMED_OUT', 'it timed out')`,
    [accountId],
  );
  await pool.query(`update pipeline.runs set finished_at = finished_at - interval '900 days'`);
  await pool.query(
    `update pipeline.system_status set gate = 'closed', system_status = 'InMaintenance', closed_at = now(),
            reason = 'Marketing Cloud reports InMaintenance', next_check_at = now() + interval '10 minutes'`,
  );
}
