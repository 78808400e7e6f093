import type { SimulatorOptions } from '../../../simulator/http/server.ts';
import { openAccount } from '../../../src/store/accounts.ts';
import { startCli } from '../../support/program/cli.ts';
import { syncInProcess } from '../../support/program/in-process-cli.ts';
import { eventually } from '../../support/clock.ts';
import { accountId, listSend, openStage, retrievesOf, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const events = 200;
const world = worldOf([listSend(610, { counts: { sent: events } })]);
const settings = { PAGE_SIZE: '10', EVENT_TYPES: 'sent' };
const clock = { aheadMs: 0 };
/** Longer than a RequestID lives, shorter than a token. */
const expiryMs = 11 * 60_000;
let stage: Stage;

afterEach(async () => {
  await stage.close();
  clock.aheadMs = 0;
});

async function open(options: SimulatorOptions): Promise<void> {
  stage = await openStage(world, {
    latencyMs: 15,
    now: () => new Date(Date.now() + clock.aheadMs),
    ...options,
  });
}

/** `sync` in this process; `drain` is what SIGTERM makes of itself. */
async function sync(drain: AbortSignal, changes: Readonly<Record<string, string>> = {}): Promise<number> {
  return await syncInProcess({ env: { ...stage.env, ...settings, ...changes }, drain });
}

const pagesRead = () => retrievesOf(stage.simulator, 'SentEvent').length;

async function drainMidway(changes: Readonly<Record<string, string>> = {}): Promise<void> {
  const drain = new AbortController();
  const ending = sync(drain.signal, changes);
  await eventually('some pages', () => pagesRead() >= 6);
  drain.abort(new Error('told to stop'));
  expect(await ending).toBe(130);
}

async function killMidway(): Promise<void> {
  const before = pagesRead();
  const child = startCli(['sync', '--json'], { ...stage.env, ...settings });
  await eventually('some pages', () => pagesRead() >= before + 6);
  child.signal('SIGKILL');
  expect((await child.end).code).toBeNull();
}

/** The next run: its first question about the events, when all of them are in. */
async function nextRun(changes: Readonly<Record<string, string>> = {}) {
  const before = pagesRead();
  expect(await sync(new AbortController().signal, changes)).toBe(0);
  await expectTablesEqualTruth(stage.pool, world, { types: ['sent'] });
  return retrievesOf(stage.simulator, 'SentEvent')[before];
}

async function findCursors(isReplayable: boolean, daysAgo = 0): Promise<void> {
  await openAccount(stage.pool, accountId, false);
  await stage.pool.query(
    'update pipeline.accounts set is_cursor_replayable = $1, cursor_probed_at = now() - make_interval(days => $2)',
    [isReplayable, daysAgo],
  );
}

const semantics = [
  { requestIds: 'same', resentContinue: 'skips', between: 'inclusive' },
  { requestIds: 'same', resentContinue: 'skips', between: 'exclusive' },
  { requestIds: 'new', resentContinue: 'repeats', between: 'inclusive' },
  { requestIds: 'new', resentContinue: 'skips', between: 'exclusive' },
  { requestIds: 'new', resentContinue: 'fails', between: 'inclusive' },
] as const;

describe.each(semantics)(
  'where RequestIDs are $requestIds, a re-sent continue request $resentContinue, and between is $between',
  (options) => {
    it('a drained window goes on by RequestID and ends exact', async () => {
      await open(options);
      await drainMidway();
      expect(await nextRun()).toMatchObject({ isContinue: true });
      expect(pagesRead()).toBe(events / 10);
    });

    it('a drained window whose RequestID has been forgotten is read from its first page and ends exact', async () => {
      await open(options);
      await drainMidway();
      clock.aheadMs = expiryMs;
      const first = await nextRun();
      expect([first?.isContinue, first?.overallStatus]).toEqual([
        true,
        'Error: The RequestID sent through ContinueRequest does not exist.',
      ]);
    });

    it('a killed window is read from its first page and ends exact', async () => {
      await open(options);
      await killMidway();
      expect(await nextRun()).toMatchObject({ isContinue: false, page: 1 });
    });

    it('a page whose answer was lost is not skipped', async () => {
      const lost = { match: { objectType: 'SentEvent', page: 7 }, fault: { kind: 'lost-response' as const } };
      await open({ ...options, faults: [lost] });
      expect(await nextRun()).toMatchObject({ page: 1 });
    });
  },
);

const replayable = { requestIds: 'new', resentContinue: 'repeats' } as const;

describe('an account whose cursors were found to repeat a page', () => {
  it('goes on by RequestID after a kill, and ends exact', async () => {
    await open(replayable);
    await findCursors(true);
    await killMidway();
    expect(await nextRun()).toMatchObject({ isContinue: true });
  });

  it('goes on by RequestID after a lost answer, without reading the window again', async () => {
    const lost = { match: { objectType: 'SentEvent', page: 7 }, fault: { kind: 'lost-response' as const } };
    await open({ ...replayable, faults: [lost] });
    await findCursors(true);
    await nextRun();
    expect(pagesRead()).toBe(events / 10 + 1);
  });

  it('and whose server has forgotten them since is read from the first page', async () => {
    await open(replayable);
    await findCursors(true);
    await killMidway();
    clock.aheadMs = expiryMs;
    expect(await nextRun()).toMatchObject({ isContinue: true });
  });

  it('is not believed after 30 days', async () => {
    await open(replayable);
    await findCursors(true, 31);
    await killMidway();
    expect(await nextRun()).toMatchObject({ isContinue: false });
  });

  it('found not to repeat them starts from the first page', async () => {
    await open(replayable);
    await findCursors(false);
    await killMidway();
    expect(await nextRun()).toMatchObject({ isContinue: false });
  });
});

describe('RESUME=never', () => {
  it('reads a drained window from its first page', async () => {
    await open(replayable);
    await findCursors(true);
    await drainMidway({ RESUME: 'never' });
    expect(await nextRun({ RESUME: 'never' })).toMatchObject({ isContinue: false, page: 1 });
  });
});

async function splits(): Promise<number> {
  const { rows } = await stage.pool.query<{ splits: number }>(
    `select count(*)::int as splits from pipeline.extract_tasks where state = 'split'`,
  );
  return rows[0]?.splits ?? -1;
}

describe('a window that must begin again', () => {
  it('is cut in halves when the server made it restart twice already', async () => {
    const reset = { kind: 'reset-mid-body' } as const;
    await open({ faults: [{ match: { objectType: 'SentEvent', page: 15 }, times: 3, fault: reset }] });
    await nextRun();
    expect(await splits()).toBe(1);
  });

  it('is not cut for restarts that the server made twice only', async () => {
    const reset = { kind: 'reset-mid-body' } as const;
    await open({ faults: [{ match: { objectType: 'SentEvent', page: 15 }, times: 2, fault: reset }] });
    await nextRun();
    expect(await splits()).toBe(0);
  });

  it('is not cut however often we were killed', async () => {
    await open({});
    for (let kills = 0; kills < 4; kills += 1) await killMidway();
    await nextRun();
    expect(await splits()).toBe(0);
  });
});
