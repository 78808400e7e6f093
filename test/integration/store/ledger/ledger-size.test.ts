import { pruneLedger } from '../../../../src/store/ledger/prune-ledger.ts';
import { dayMs } from '../../../support/clock.ts';
import { openStore, type Store } from '../../../support/stored/ledger.ts';

const [openJobs, jobsOfAYear, eventTypes] = [300, 3650, 9];
const ledgerDays = 90;

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

/** A night’s windows of every open job and type; one in five brought events, the others at most what was known. */
async function planNight(daysAgo: number, only: 'all' | 'new' = 'all'): Promise<void> {
  await store.pool.query(
    `insert into pipeline.extract_tasks
       (id, root_id, run_id, origin, account_id, job_id, event_type, window_from, window_to, state, request_id, pages,
        requests, records, inserted, settled_at, finished_at, started_at, last_event_at)
     overriding system value
     select id, id, 1, 'sync', 7000001, job, 'type ' || type, at - interval '2 days', at, 'done',
            '2f6d5c1e-58f6-4f4a-8f0e-0d6f3b0f0b0c', 1, 1, case when has_new or job % 2 = 0 then 40 else 0 end,
            case when has_new then 12 else 0 end, at, at, at, at
     from (
       select nextval((select pg_get_serial_sequence('pipeline.extract_tasks', 'id'))::regclass) as id, job, type,
              now() - make_interval(days => $1) as at, (job + type) % 5 = 0 as has_new
       from generate_series(1, ${openJobs}) as job, generate_series(1, ${eventTypes}) as type
       where $2 = 'all' or (job + type) % 5 = 0) as planned`,
    [daysAgo, only],
  );
}

async function bytes(): Promise<number> {
  const { rows } = await store.pool.query<{ bytes: number }>(
    `select pg_total_relation_size('pipeline.extract_tasks') + pg_total_relation_size('pipeline.checkpoints') as bytes`,
  );
  return rows[0]?.bytes ?? NaN;
}

it('a year of 300 open jobs and nine types stays under 100 MB, and grows no more', async () => {
  await store.pool.query(
    `insert into pipeline.checkpoints (account_id, job_id, event_type, watermark, covered_from, covered_to, request_id)
     select 7000001, job, 'type ' || type, now(), now(), now(), '2f6d5c1e-58f6-4f4a-8f0e-0d6f3b0f0b0c'
     from generate_series(1, ${jobsOfAYear}) as job, generate_series(1, ${eventTypes}) as type`,
  );
  // What is left of all nights but the last ones: the windows that brought events.
  for (let daysAgo = ledgerDays; daysAgo > 0; daysAgo -= 1) await planNight(daysAgo, 'new');
  const sizes: number[] = [];
  for (let night = 0; night < 8; night += 1) {
    // A day passes for the windows of the last night, and a night of the first ones ends its time.
    await store.pool.query(
      `update pipeline.extract_tasks set settled_at = settled_at - interval '25 hours' where settled_at > now() - interval '1 day'`,
    );
    await planNight(0);
    await pruneLedger(store.pool, {
      olderThanMs: (ledgerDays - night) * dayMs,
      signal: new AbortController().signal,
    });
    // As autovacuum does in between.
    await store.pool.query('vacuum pipeline.extract_tasks');
    sizes.push(await bytes());
  }
  const { rows } = await store.pool.query<{ empty: number; all: number }>(
    `select count(*) filter (where inserted = 0)::int as empty, count(*)::int as all from pipeline.extract_tasks`,
  );
  expect(rows[0]?.empty).toBe((openJobs * eventTypes * 4) / 5);
  expect(rows[0]?.all).toBeLessThan((openJobs * eventTypes * (ledgerDays + 6)) / 5);
  expect(Math.max(...sizes)).toBeLessThan(100e6);
  expect(sizes.at(-1)).toBeLessThanOrEqual((sizes[3] ?? 0) * 1.1);
}, 300_000);
