import fc from 'fast-check';
import { eraseInstants, eraseSpan } from '../../../src/bi/erase-events.ts';
import { erasePerson } from '../../../src/bi/erase-person.ts';
import { refreshRollups } from '../../../src/bi/refresh.ts';
import { statement } from '../../../src/bi/statement.ts';
import { eventCatalog } from '../../../src/events/catalog.ts';
import { dropMonths } from '../../../src/operations/housekeeping/drop-months.ts';
import { forgetPerson } from '../../../src/pipeline/forget/forget-person.ts';
import { openPrivacy } from '../../../src/pipeline/privacy.ts';
import { inTransaction } from '../../../src/store/connection/pool.ts';
import { anEvent } from '../../support/analysts/any-event.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';
import { expectedRollups } from '../../support/analysts/rollup-oracle.ts';
import { emptyRollupsAndEvents, readRollups, readWorld, sorted } from '../../support/analysts/rollups.ts';
import {
  eventTypes,
  loadEvents,
  makeMonths,
  makeMonthsOf,
  type TestEvent,
} from '../../support/analysts/tracking-events.ts';

let store: Store;

const months = { from: '2026-03-01', to: '2026-06-01' };
beforeAll(async () => {
  store = await openStore(6);
});
beforeEach(() => makeMonths(store.pool, months.from, months.to));
afterEach(() => emptyRollupsAndEvents(store.pool));
afterAll(() => store.close());

const refresh = () => refreshRollups(store.pool, { waits: true });

async function forget(subscriberKey: string): Promise<Map<string, number>> {
  return await forgetPerson(store.pool, subscriberKey, await openPrivacy(store.pool, undefined));
}

/** Jobs of a known, small size are computed at once; others in lanes side by side, of which each has its own cost. */
async function knowJobs(): Promise<void> {
  await store.pool.query(
    `insert into tracking.jobs (account_id, job_id, number_sent)
     select account, job, 60 from unnest(array[1, 2]) as account cross join unnest(array[41, 42]) as job`,
  );
}

function withoutPeople(events: readonly TestEvent[], keys: ReadonlySet<string>): TestEvent[] {
  const isTheirs = (key: string | null = null) => key !== null && keys.has(key);
  return events.filter((one) => !isTheirs(one.subscriber_key) && !isTheirs(one.opt_in_subscriber_key));
}

type Step =
  | { readonly kind: 'load'; readonly from: number; readonly to: number }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'forget'; readonly key: string };

const share = fc.double({ min: 0, max: 1, noNaN: true });
const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('load' as const), from: share, to: share }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'refresh' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('forget' as const),
      key: fc.constantFrom('anna@one.example', 'ben@TWO.example', 'C-3', 'friend-1', 'nobody-known'),
    }),
  },
);

it('any order of loads, refreshes and erasures ends in what the events of the others alone say', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anEvent, { minLength: 1, maxLength: 60 }),
      fc.array(aStep, { minLength: 1, maxLength: 10 }),
      fc.boolean(),
      async (events, steps, areJobsKnown) => {
        await emptyRollupsAndEvents(store.pool);
        if (areJobsKnown) await knowJobs();
        const forgotten = new Set<string>();
        for (const step of steps) {
          if (step.kind === 'refresh') await refresh();
          if (step.kind === 'load')
            await loadEvents(store.pool, withoutPeople(spanOf(events, step), forgotten));
          if (step.kind === 'forget') {
            forgotten.add(step.key);
            await forget(step.key);
          }
        }
        const left = withoutPeople(events, forgotten);
        await loadEvents(store.pool, left);
        await refresh();
        const expected = expectedRollups(left, await readWorld(store.pool));
        expect(sorted(await readRollups(store.pool))).toEqual(sorted(expected));
      },
    ),
    { numRuns: 25 },
  );
}, 3_000_000);

it('after retention dropped months, messages and people of frozen jobs are what the others’ messages say', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anEvent, { minLength: 5, maxLength: 60 }),
      fc.boolean(),
      async (events, loadsMore) => {
        await emptyRollupsAndEvents(store.pool);
        for (const type of ['sent', 'open'] as const) await makeMonthsOf(store.pool, type, months);
        await knowJobs();
        await loadEvents(store.pool, events);
        await refresh();
        await dropMonths(
          {
            pool: store.pool,
            retention: new Map([
              ['sent', 1],
              ['open', 1],
            ]),
            now: () => new Date('2026-05-15T00:00:00Z'),
          },
          new AbortController().signal,
        );
        // Events of a frozen job that come later are in no rollup, and are found all the same.
        const late = events
          .filter(({ type }) => type === 'click')
          .map((one) => ({ ...one, occurred_at: '2026-05-02T00:00:00.000Z' }));
        if (loadsMore) {
          await loadEvents(store.pool, late);
          await refresh();
        }
        const before = await readRollups(store.pool);
        await forget('anna@one.example');
        await forget('C-3');
        const after = await readRollups(store.pool);
        const isLeft = ({ subscriber_key: key }: Record<string, unknown>) =>
          key !== 'anna@one.example' && key !== 'C-3';
        expect(await countKeys(['anna@one.example', 'C-3'])).toBe(0);
        for (const table of ['recipients', 'subscribers', 'machine_events'] as const) {
          const texts = (rows: readonly Record<string, unknown>[]) =>
            rows.map((row) => JSON.stringify(row)).sort();
          expect(texts(after[table])).toEqual(texts(before[table].filter(isLeft)));
        }
        for (const total of after.job_totals) {
          const messages = after.recipients.filter(
            (row) => row['job_id'] === total['job_id'] && row['account_id'] === total['account_id'],
          );
          const sum = (isCounted: (row: Record<string, unknown>) => boolean) =>
            messages.filter(isCounted).length;
          expect(total).toMatchObject({
            sent: sum((row) => row['sent_at'] !== null),
            opened: sum((row) => row['first_open_at'] !== null),
            clicked: sum((row) => row['first_click_at'] !== null),
            unsubscribed: sum((row) => row['unsubscribed_at'] !== null),
          });
        }
      },
    ),
    { numRuns: 15 },
  );
}, 3_000_000);

it('finds events by instants and spans of the indexes, and reads no partition as a whole', async () => {
  await loadEvents(
    store.pool,
    eventTypes.map((type) => event(type, 'anna@one.example', '2026-03-10T08:00:00Z')),
  );
  await refresh();
  const plans = await inTransaction(store.pool, async (tx) => {
    await tx.query(`
      create temporary table instant (event_type text, job_id bigint, occurred_at timestamptz) on commit drop;
      create temporary table erased (
        event_type text, job_id bigint, batch_id bigint, occurred_at timestamptz, url_id bigint, event_hash bigint)
        on commit drop;
      set local enable_seqscan = off;
      set local enable_hashjoin = off;
      set local enable_mergejoin = off`);
    const texts: string[] = [];
    for (const definition of eventCatalog) {
      const instants = await tx.query<{ 'QUERY PLAN': string }>(`explain ${eraseInstants(definition)}`, [
        1,
        'anna',
      ]);
      const span = await tx.query<{ 'QUERY PLAN': string }>(`explain ${eraseSpan(definition)}`, [
        ...[1, 'anna', 41, '2026-03-01T00:00:00Z', '2026-04-10T00:00:00Z'],
      ]);
      texts.push(...[instants, span].map(({ rows }) => rows.map((row) => row['QUERY PLAN']).join('\n')));
    }
    return texts;
  });
  expect(plans).toHaveLength(18);
  for (const plan of plans) {
    expect(plan).not.toMatch(/Seq Scan on (\w+_events|\w+_y\d{4}m\d\d)/u);
    expect(plan).toMatch(/Index Scan (using|on) \w+/u);
  }
});

it('reads the machine events of each message by their key, not those of all jobs', async () => {
  const plan = await inTransaction(store.pool, async (tx) => {
    await tx.query(`
      create temporary table old_message (like tracking.recipients) on commit drop;
      create temporary table old_machine_event (like tracking.machine_events) on commit drop;
      set local enable_seqscan = off`);
    const { rows } = await tx.query<{ 'QUERY PLAN': string }>(
      `explain ${statement('erase/find-machine-events')}`,
    );
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
  expect(plan).toMatch(/machine_events_pkey[\s\S]+Cond: .*job_id = old\.job_id/u);
  expect(plan).not.toMatch(/Hash Join|Merge Join|Seq Scan on machine_events/u);
});

it('counts what was erased by table, also of the friend whom others brought, and nothing the second time', async () => {
  await loadEvents(store.pool, [
    ...eventTypes.map((type) => event(type, 'anna@one.example', '2026-03-10T08:00:00Z')),
    event('forward_opt_in', 'ben@two.example', '2026-03-11T08:00:00Z', 'anna@one.example'),
    event('sent', 'ben@two.example', '2026-03-11T08:00:00Z'),
  ]);
  const erased = await forget('anna@one.example');
  const events = eventTypes.map(
    (type) => [`tracking.${type}_events`, type === 'forward_opt_in' ? 2 : 1] as const,
  );
  expect(Object.fromEntries(erased)).toMatchObject({
    ...Object.fromEntries(events),
    ...{ 'tracking.recipients': 1, 'tracking.subscribers': 1 },
  });
  expect([...(await forget('anna@one.example')).values()].every((rows) => rows === 0)).toBe(true);
  expect(await countKeys(['anna@one.example'])).toBe(0);
});

it('takes nothing away where it fails, and goes on when it is called again', async () => {
  const events = eventTypes.map((type) => event(type, 'anna@one.example', '2026-03-10T08:00:00Z'));
  await loadEvents(store.pool, events);
  await refresh();
  const before = sorted(await readRollups(store.pool));
  await store.pool.query(`
    create or replace function public.refuse() returns trigger language plpgsql as 'begin raise exception ''refused''; end';
    create trigger refuse before delete on tracking.subscribers for each row execute function public.refuse()`);
  const person = { accountId: 1, subscriberKey: 'anna@one.example' };
  await expect(erasePerson(store.pool, person)).rejects.toMatchObject({ code: 'STORE_REJECTED' });
  expect(sorted(await readRollups(store.pool))).toEqual(before);
  await store.pool.query('drop trigger refuse on tracking.subscribers');
  await forget('anna@one.example');
  expect(await countKeys(['anna@one.example'])).toBe(0);
});

function event(
  type: TestEvent['type'],
  key: string,
  occurredAt: string,
  friend: string | null = null,
): TestEvent {
  const common = {
    type,
    account_id: 1,
    job_id: 41,
    batch_id: 0,
    subscriber_key: key,
    occurred_at: occurredAt,
  };
  return type === 'forward_opt_in' ? { ...common, opt_in_subscriber_key: friend } : common;
}

function spanOf<Item>(items: readonly Item[], { from, to }: { from: number; to: number }): Item[] {
  return items.slice(
    Math.floor(Math.min(from, to) * items.length),
    Math.ceil(Math.max(from, to) * items.length),
  );
}

/** Rows of events and rollups that hold one of the keys. */
async function countKeys(keys: readonly string[]): Promise<number> {
  const tables = [
    ...eventTypes.map((type) => `${type}_events`),
    'recipients',
    'subscribers',
    'machine_events',
  ];
  const counts = tables.map(
    (table) => `(select count(*) from tracking.${table} where subscriber_key = any($1))`,
  );
  const { rows } = await store.pool.query<{ count: number }>(
    `select (${counts.join(' + ')}
       + (select count(*) from tracking.forward_opt_in_events where opt_in_subscriber_key = any($1))
       + (select count(*) from pipeline.frozen_people where subscriber_key = any($1)))::int as count`,
    [keys],
  );
  return rows[0]?.count ?? -1;
}
