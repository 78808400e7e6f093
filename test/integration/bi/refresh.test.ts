import fc from 'fast-check';
import { lockAccount } from '../../../src/bi/account-lock.ts';
import { markStaleJobs } from '../../../src/bi/build.ts';
import { refreshChangedJobs } from '../../../src/bi/refresh-jobs.ts';
import { refreshRollups } from '../../../src/bi/refresh.ts';
import { inTransaction } from '../../../src/store/connection/pool.ts';
import { anEvent } from '../../support/analysts/any-event.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';
import { expectedRollups, rollupTables } from '../../support/analysts/rollup-oracle.ts';
import { emptyRollupsAndEvents, readRollups, readWorld, sorted } from '../../support/analysts/rollups.ts';
import { loadEvents, makeMonths, type TestEvent } from '../../support/analysts/tracking-events.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore(6);
  await makeMonths(store.pool, '2026-03-01', '2026-06-01');
});
afterAll(() => store.close());

// Both nights on which Berlin's clocks change are in March and October; this is the one of spring, and the end of a month.
const timeZones = ['UTC', 'Europe/Berlin', 'Asia/Kolkata'];

type Step =
  | { readonly kind: 'load' | 'loadBesideRefreshes'; readonly from: number; readonly to: number }
  | {
      readonly kind: 'loadWithinRefresh';
      readonly from: number;
      readonly to: number;
      readonly statement: number;
    }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'breakAt'; readonly table: string }
  | { readonly kind: 'timeZone'; readonly zone: string }
  | { readonly kind: 'rule'; readonly rule: string; readonly isOn: boolean; readonly seconds: number }
  | { readonly kind: 'link'; readonly jobId: number; readonly urlId: number };

const share = fc.double({ min: 0, max: 1, noNaN: true });
const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('load' as const), from: share, to: share }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('loadBesideRefreshes' as const), from: share, to: share }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('loadWithinRefresh' as const),
      from: share,
      to: share,
      // From the one that follows the taking of lines to the last.
      statement: fc.integer({ min: 3, max: 42 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'refresh' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('breakAt' as const), table: fc.constantFrom(...rollupTables) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('timeZone' as const), zone: fc.constantFrom(...timeZones) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('rule' as const),
      rule: fc.constantFrom(
        'two_links_at_once',
        'many_links_at_once',
        'open_soon_after_send',
        'honeypot_link',
      ),
      isOn: fc.boolean(),
      seconds: fc.constantFrom(1, 2, 10),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('link' as const),
      jobId: fc.constantFrom(41, 42),
      urlId: fc.integer({ min: 0, max: 5 }),
    }),
  },
);

const refresh = (): Promise<unknown> => refreshRollups(store.pool, { waits: true });

async function act(
  step: Step,
  events: readonly TestEvent[],
  links: Record<string, Record<number, string>>,
): Promise<void> {
  switch (step.kind) {
    case 'load':
      await loadEvents(store.pool, spanOf(events, step));
      break;
    case 'loadBesideRefreshes': {
      const page = spanOf(events, step);
      const half = Math.floor(page.length / 2);
      const pages = [page.slice(0, half), page.slice(half)];
      await Promise.all([refresh(), ...pages.map((part) => loadEvents(store.pool, part)), refresh()]);
      break;
    }
    case 'loadWithinRefresh':
      await refreshAround(step.statement, () => loadEvents(store.pool, spanOf(events, step)));
      break;
    case 'refresh':
      await refresh();
      break;
    case 'breakAt':
      await refuseWrites(step.table);
      await refresh().catch(() => undefined);
      await store.pool.query(`drop trigger refuse on tracking.${step.table}`);
      break;
    case 'timeZone':
      await store.pool.query('update bi.settings set time_zone = $1', [step.zone]);
      break;
    case 'rule':
      await store.pool.query('update bi.engagement_rules set enabled = $2, seconds = $3 where rule = $1', [
        step.rule,
        step.isOn,
        step.seconds,
      ]);
      break;
    case 'link': {
      const alias = step.urlId === 5 ? 'a honeypot' : `link ${step.urlId}`;
      links[`1/${step.jobId}`] = { ...links[`1/${step.jobId}`], [step.urlId]: alias };
      await store.pool.query(
        `insert into tracking.links (account_id, job_id, url_id, alias) values (1, $1, $2, $3) on conflict do nothing`,
        [step.jobId, step.urlId, alias],
      );
    }
  }
}

function spanOf<Item>(items: readonly Item[], { from, to }: { from: number; to: number }): Item[] {
  return items.slice(
    Math.floor(Math.min(from, to) * items.length),
    Math.ceil(Math.max(from, to) * items.length),
  );
}

/** Refreshes an account and has events committed just before one of the statements that compute its jobs. */
async function refreshAround(statement: number, load: () => Promise<unknown>): Promise<void> {
  await inTransaction(store.pool, async (tx) => {
    await lockAccount(tx, 1, true);
    const basis = await markStaleJobs(tx, 1);
    let count = 0;
    const interrupted = new Proxy(tx, {
      get: (target, name) => {
        if (name === 'query') count += 1;
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        const isNext = name === 'query' && count === statement;
        return async (...parameters: unknown[]): Promise<unknown> => {
          if (isNext) await load();
          return await Reflect.apply(value, target, parameters);
        };
      },
    });
    await refreshChangedJobs(interrupted, { accountId: 1, ...basis });
  });
}

/** The transaction that writes to this table fails, as if the process had died in it. */
async function refuseWrites(table: string): Promise<void> {
  await store.pool.query(`
    create or replace function public.refuse() returns trigger language plpgsql as
      'begin raise exception ''refused''; end';
    create trigger refuse before insert or update on tracking.${table} for each row execute function public.refuse()`);
}

it('any order of loads, refreshes, failures and changed settings ends in what the events alone say', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anEvent, { minLength: 1, maxLength: 60 }),
      fc.array(aStep, { minLength: 1, maxLength: 10 }),
      async (events, steps) => {
        await emptyRollupsAndEvents(store.pool);
        await store.pool.query(`update bi.settings set time_zone = 'UTC'`);
        const links = {};
        for (const step of steps) await act(step, events, links);
        await loadEvents(store.pool, events);
        await refresh();
        const expected = expectedRollups(events, await readWorld(store.pool, links));
        expect(sorted(await readRollups(store.pool))).toEqual(sorted(expected));
      },
    ),
    { numRuns: 25 },
  );
}, 3_000_000);

it('events that commit while their person is computed are counted by the next refresh, wherever it was', async () => {
  const anna = { account_id: 1, job_id: 41, batch_id: 0, subscriber_key: 'anna@one.example' } as const;
  const early: TestEvent[] = [
    // Between the earliest and the latest event of a job all events are seen.
    { ...anna, subscriber_key: 'ben', type: 'sent', occurred_at: '2026-03-15T08:00:00Z', list_id: 7 },
    { ...anna, type: 'sent', occurred_at: '2026-03-20T08:00:00Z', list_id: 7 },
    { ...anna, type: 'open', occurred_at: '2026-03-24T08:00:00Z' },
  ];
  const noticed: TestEvent = { ...anna, type: 'open', occurred_at: '2026-03-30T08:00:00Z' };
  // A first open on another day and in another hour, a machine's, and what moves the hours of all others.
  const beside: TestEvent[] = [
    { ...anna, type: 'open', occurred_at: '2026-03-22T08:00:00Z' },
    { ...anna, type: 'sent', occurred_at: '2026-03-18T08:00:00Z', list_id: 7 },
    { ...anna, type: 'open', occurred_at: '2026-03-18T08:00:01Z' },
    { ...anna, type: 'click', occurred_at: '2026-03-23T08:00:00Z', url_id: 1 },
  ];
  await store.pool.query(
    `update bi.engagement_rules set enabled = true, seconds = 5 where rule = 'open_soon_after_send'`,
  );
  const all = [...early, noticed, ...beside];
  const expected = sorted(expectedRollups(all, await readWorld(store.pool)));
  for (const statement of [3, 5, 7, 20, 24]) {
    await emptyRollupsAndEvents(store.pool);
    await loadEvents(store.pool, early);
    await refresh();
    await loadEvents(store.pool, [noticed]);
    await refreshAround(statement, () => loadEvents(store.pool, beside));
    await loadEvents(store.pool, beside);
    await refresh();
    expect(sorted(await readRollups(store.pool))).toEqual(expected);
  }
});
