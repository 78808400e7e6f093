import type { FaultRule } from '../../../simulator/faults/faults.ts';
import { runCli, startCli, summaryOf } from '../../support/program/cli.ts';
import { syncToEnd } from '../../support/program/in-process-cli.ts';
import { ago, dayMs } from '../../support/clock.ts';
import { errorTexts } from '../../support/error-texts.ts';
import {
  accountId,
  eventOf,
  listSend,
  openStage,
  otherAccountId,
  retrievesOf,
  type Stage,
  untilHeld,
  worldOf,
} from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const counts = { sent: 12, open: 6, click: 6 };
const describing = ['LinkSend', 'ListSend', 'TriggeredSendSummary', 'BusinessUnit'] as const;
let stage: Stage;
afterEach(() => stage.close());

async function open(faults: readonly FaultRule[] = [], jobs = 3): Promise<void> {
  const triggered = { accountId, jobId: 900, kind: 'triggered', sentAt: null } as const;
  const jobIds = Array.from({ length: jobs }, (_, index) => 501 + index);
  const specs = [
    ...jobIds.map((jobId) => listSend(jobId, { counts })),
    { ...triggered, createdAt: ago(40 * dayMs), counts },
    listSend(601, { accountId: otherAccountId, counts }),
  ];
  stage = await openStage(worldOf(specs), { faults });
}

/** With the rollups, which say which jobs moved. */
async function syncWithRollups(changes: Readonly<Record<string, string>> = {}) {
  return await runCli(['sync', '--json'], { ...stage.env, ...changes });
}

async function sync(changes: Readonly<Record<string, string>> = {}) {
  return await syncToEnd({ ...stage.env, ...changes });
}

/** How often each object that describes jobs was requested so far. */
function requested(): Record<string, number> {
  return Object.fromEntries(describing.map((type) => [type, retrievesOf(stage.simulator, type).length]));
}

async function select(sql: string): Promise<unknown[]> {
  const { rows } = await stage.pool.query<Record<string, unknown>>(sql);
  return rows;
}

/** As if all that was read and computed so far had been that many hours earlier. */
async function passHours(hours: number): Promise<void> {
  const times = { 'pipeline.dimension_readings': 'read_at', 'tracking.job_totals': 'changed_at' };
  for (const [table, column] of Object.entries({ ...times, 'tracking.job_counter_days': 'counters_at' }))
    await stage.pool.query(`update ${table} set ${column} = ${column} - make_interval(hours => $1)`, [hours]);
}

describe('a sync', () => {
  it('brings links, lists, definitions and business units with their names, and the counters of each', async () => {
    await open();
    expect((await syncWithRollups()).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, stage.world);

    const counted = await select(
      `select job_id, sum(total_clicks)::int as clicks, bool_and(counters_at is not null) as dated
       from tracking.links where account_id = ${accountId} group by job_id order by job_id`,
    );
    expect(counted).toEqual(
      [501, 502, 503, 900].map((id) => ({
        job_id: id,
        clicks: stage.world.count('click', accountId, id),
        dated: true,
      })),
    );
    expect(
      await select(
        `select sent, opens, clicks, counters_at is not null and name <> '' as dated from tracking.triggered_sends`,
      ),
    ).toMatchObject([{ sent: 12, opens: 6, clicks: 6, dated: true }]);
    expect(
      await select(`select distinct account_id, account_name from bi.job_performance order by account_id`),
    ).toEqual([
      { account_id: accountId, account_name: 'Example' },
      { account_id: otherAccountId, account_name: `Example ${otherAccountId}` },
    ]);
    expect(
      await select(
        `select count(*)::int as links, count(link_name)::int as named, sum(clicks - total_clicks)::int as difference,
                min(account_name) as unit
         from bi.link_performance where account_id = ${accountId}`,
      ),
    ).toEqual([{ links: 20, named: 20, difference: 0, unit: 'Example' }]);
    expect(
      await select(
        `select jobid, ismultipart, emailsenddefinition from bi._job
         where accountid = ${accountId} and jobid in (501, 900) order by jobid`,
      ),
    ).toEqual([
      { jobid: 501, ismultipart: 1, emailsenddefinition: 'send-501' },
      { jobid: 900, ismultipart: 1, emailsenddefinition: null },
    ]);
    expect(
      await select(
        `select from_address, email_subject = name as named, list_id is not null as listed, is_wrapped
         from tracking.triggered_sends`,
      ),
    ).toEqual([{ from_address: 'sender@example.com', named: true, listed: true, is_wrapped: false }]);
    expect(
      await select(
        `select count(*)::int as clicks, count(linkname)::int as named, count(url)::int as urls from bi._click`,
      ),
    ).toEqual([{ clicks: 30, named: 30, urls: 30 }]);
    expect(
      await select(
        `select count(*)::int as lists, count(list_name)::int as named, sum(number_sent)::int as sent
         from tracking.lists where account_id = ${accountId}`,
      ),
    ).toEqual([{ lists: 3, named: 3, sent: 36 }]);
  });

  it('keeps how the counters of jobs moved', async () => {
    await open();
    expect((await syncWithRollups()).code).toBe(0);
    await stage.pool.query('update tracking.job_counter_days set day = day - 1');
    stage.world.addEvents('click', [eventOf(501, { urlId: 1, url: 'https://www.example.com/late' })]);
    expect((await syncWithRollups()).code).toBe(0);
    expect(
      await select(
        `select job_id, count(*)::int as days, (max(unique_clicks) - min(unique_clicks))::int as more
         from tracking.job_counter_days where job_id in (501, 502) group by job_id order by job_id`,
      ),
    ).toEqual([
      { job_id: 501, days: 2, more: 1 },
      { job_id: 502, days: 1, more: 0 },
    ]);
  });
});

describe('what describes jobs', () => {
  it('is requested for a hundred jobs at a time, and not again before it is due', async () => {
    await open([], 130);
    const settings = { EVENT_TYPES: 'sent', SFMC_ACCOUNT_IDS: String(accountId) };
    expect((await sync(settings)).code).toBe(0);
    const first = { LinkSend: 2, ListSend: 2, TriggeredSendSummary: 1, BusinessUnit: 1 };
    expect(requested()).toEqual(first);

    expect((await sync(settings)).code).toBe(0);
    expect(requested()).toEqual(first);
    const status = await runCli(['status', '--json'], { ...stage.env, ...settings });
    expect(JSON.parse(status.stdout)).toMatchObject({
      dimensions: ['job', 'triggered_send', 'link', 'list', 'triggered_send_summary', 'business_unit'].map(
        (dimension) => ({ accountId, dimension }),
      ),
    });
  });

  it('is read again each day for the jobs that moved, and once a month for the others', async () => {
    await open();
    const settings = { SFMC_ACCOUNT_IDS: String(accountId) };
    expect((await syncWithRollups(settings)).code).toBe(0);
    // What the first sync loaded moved all of them.
    await passHours(21);
    expect((await syncWithRollups(settings)).code).toBe(0);
    const second = { LinkSend: 2, ListSend: 2, TriggeredSendSummary: 2, BusinessUnit: 1 };
    expect(requested()).toEqual(second);
    stage.world.addEvents('click', [eventOf(501, { urlId: 1, url: 'https://www.example.com/late' })]);
    expect((await syncWithRollups(settings)).code).toBe(0);
    expect(requested()).toEqual(second);

    await passHours(21);
    expect((await syncWithRollups(settings)).code).toBe(0);
    expect(requested()).toEqual({ LinkSend: 3, ListSend: 3, TriggeredSendSummary: 3, BusinessUnit: 1 });
    const read = await select(
      `select job_ids from pipeline.extract_tasks where event_type = 'link' order by id`,
    );
    expect(read.at(-1)).toEqual({ job_ids: [501] });
    expect(await select(`select total_clicks from tracking.links where job_id = 501 and url_id = 1`)).toEqual(
      [{ total_clicks: 1 }],
    );

    await passHours(30 * 24);
    expect((await syncWithRollups(settings)).code).toBe(0);
    expect(requested()).toEqual({ LinkSend: 4, ListSend: 4, TriggeredSendSummary: 4, BusinessUnit: 2 });
  });

  it('continues after a kill, with nothing lost', async () => {
    await open();
    const settings = { PAGE_SIZE: '1', EVENT_TYPES: 'sent', SFMC_ACCOUNT_IDS: String(accountId) };
    let hold = stage.simulator.holdAfter(0);
    const child = startCli(['sync', '--json'], { ...stage.env, ...settings });
    await untilHeld(hold, child);
    while (retrievesOf(stage.simulator, 'LinkSend').length < 2) {
      hold = stage.simulator.holdAfter(1);
      await untilHeld(hold, child);
    }
    child.signal('SIGKILL');
    expect((await child.end).code).toBeNull();
    hold.release();
    expect(await select(`select count(*)::int < 20 as unfinished from tracking.links`)).toEqual([
      { unfinished: true },
    ]);

    expect((await sync(settings)).code).toBe(0);
    expect(await select(`select count(*)::int as links from tracking.links`)).toEqual([{ links: 20 }]);
    expect(
      await select(
        `select count(*)::int as open from pipeline.extract_tasks where kind = 'dimension' and settled_at is null`,
      ),
    ).toEqual([{ open: 0 }]);
  });

  it('is parked alone where its request is refused, and only once', async () => {
    const refused = { kind: 'error', text: errorTexts.unknownProperty } as const;
    await open([{ match: { objectType: 'ListSend' }, times: -1, fault: refused }]);
    const end = await sync();
    expect(end.code).toBe(1);
    expect(summaryOf(end)).toMatchObject({ outcome: 'completed_with_problems', tasks: { parked: 2 } });
    await expectTablesEqualTruth(stage.pool, stage.world);
    expect(await select(`select count(*)::int as links from tracking.links`)).toEqual([{ links: 25 }]);

    stage.world.addJob(listSend(504, { counts }));
    expect((await sync()).code).toBe(1);
    expect(
      await select(`select event_type, state from pipeline.extract_tasks where state = 'parked' order by id`),
    ).toEqual([
      { event_type: 'list', state: 'parked' },
      { event_type: 'list', state: 'parked' },
    ]);

    stage.simulator.setFaults([]);
    expect((await sync()).code).toBe(0);
    expect(await select(`select count(*)::int as lists from tracking.lists`)).toEqual([{ lists: 5 }]);
  });

  it('that the account may not read is noted once and does not alarm', async () => {
    const denied = { kind: 'error', text: errorTexts.permission } as const;
    await open(
      [...describing, 'TriggeredSendDefinition'].map((objectType) => ({
        ...{ match: { objectType }, times: -1, fault: denied },
      })),
    );
    const settings = { SFMC_ACCOUNT_IDS: String(accountId) };
    const first = await sync(settings);
    expect(first.code).toBe(0);
    await expectTablesEqualTruth(stage.pool, stage.world, { accounts: [accountId] });
    const asked = requested();
    expect(asked).toEqual({ LinkSend: 1, ListSend: 1, TriggeredSendSummary: 1, BusinessUnit: 1 });

    expect((await sync(settings)).code).toBe(0);
    expect(requested()).toEqual(asked);
    const status = await runCli(['status'], { ...stage.env, ...settings });
    expect(status.stdout).toContain(`Not available in account ${accountId}: link`);
  });
});
