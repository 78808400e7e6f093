import { eventCatalog } from '../events/catalog.ts';
import { inTransaction, type Pool, type Queryable } from '../store/connection/pool.ts';
import { markJobs } from './build.ts';
import { lockAccount } from './account-lock.ts';
import { eraseEvents, type Person, readPlaces } from './erase-events.ts';
import { writePeople } from './refresh-jobs.ts';
import { statement } from './statement.ts';

/** Rows that were erased, by table. */
export type Erased = Map<string, number>;

/**
 * Erases a person of one account from the events and the rollups, in one transaction under the lock of the rollups, which
 * have to be up to date. What is counted changes by the person's share, so that its cost does not grow with the jobs.
 *
 * Of frozen jobs messages and people are taken off; their events stay counted, since retention deleted some of them.
 */
export function erasePerson(pool: Pool, person: Person): Promise<Erased> {
  return inTransaction(pool, async (tx) => {
    const { accountId, subscriberKey } = person;
    await lockAccount(tx, accountId, true);
    // The opposite of a refresh: what a crash forgot would be there again.
    await tx.query('set local synchronous_commit = on');
    await tx.query(statement('changes/prepare'));
    await tx.query(statement('machines/prepare'));
    await tx.query(statement('erase/prepare'));
    const messages = await tx.query(statement('erase/find-messages'), [accountId, subscriberKey]);
    await tx.query(statement('erase/find-instants'), [accountId, subscriberKey]);
    const places = await readPlaces(tx);
    if (messages.rowCount === 0 && places.size === 0) return await eraseFromOthers(tx, person);
    await tx.query(statement('erase/find-machine-events'));
    await tx.query('analyze pg_temp.instant, pg_temp.old_message');
    const erased = nothingErased();
    for (const definition of eventCatalog) {
      const spans = places.get(definition.name);
      if (spans !== undefined)
        erased.set(`tracking.${definition.table}`, await eraseEvents(tx, definition, person, spans));
    }
    const friends = await eraseFriend(tx, person);
    // Counts of all jobs of the person are compared with each other from here on.
    await tx.query('set local enable_hashjoin = on');
    add(erased, 'tracking.forward_opt_in_events', friends.events);
    const rollups = await takeOffRollups(tx, person, erased);
    await markUncertainJobs(tx, accountId, [...friends.jobIds, ...rollups.uncertainJobs]);
    await noteErased(tx, accountId);
    return erased;
  });
}

/** Nothing is the person's own: events are in messages, and those of frozen jobs in spans. */
async function eraseFromOthers(tx: Queryable, person: Person): Promise<Erased> {
  const erased = nothingErased();
  const friends = await eraseFriend(tx, person);
  add(erased, 'tracking.forward_opt_in_events', friends.events);
  await markUncertainJobs(tx, person.accountId, friends.jobIds);
  return erased;
}

function nothingErased(): Erased {
  const rollups = ['tracking.machine_events', 'tracking.recipients', 'tracking.subscribers'];
  const events = eventCatalog.map(({ table }) => `tracking.${table}`);
  return new Map([...events, ...rollups, 'pipeline.frozen_people'].map((table) => [table, 0]));
}

/**
 * Events of others that name the person as the friend who opted in; found in forward_opt_in_events_friend. The messages
 * of those others are computed again with their jobs.
 */
async function eraseFriend(
  tx: Queryable,
  { accountId, subscriberKey }: Person,
): Promise<{ events: number; jobIds: number[] }> {
  const { rows } = await tx.query<{ jobId: number }>(
    `delete from tracking.forward_opt_in_events
     where account_id = $1 and opt_in_subscriber_key = $2
       and hashtextextended(opt_in_subscriber_key, 0) = hashtextextended($2, 0)
     returning job_id as "jobId"`,
    [accountId, subscriberKey],
  );
  return { events: rows.length, jobIds: rows.map(({ jobId }) => jobId) };
}

/** Returns the jobs whose rollups the person's share does not say. */
async function takeOffRollups(
  tx: Queryable,
  person: Person,
  erased: Erased,
): Promise<{ uncertainJobs: readonly number[] }> {
  const { accountId, subscriberKey } = person;
  const { jobs, counted, isUncertain } = await readJobs(tx, accountId);
  const now = await readNow(tx);
  await tx.query(statement('people/compute-people'), [jobs]);
  const machines = await countRows(tx, 'pg_temp.old_machine_event');
  erased.set('tracking.machine_events', machines);
  erased.set('tracking.recipients', await countRows(tx, 'pg_temp.old_message'));
  await tx.query(statement('messages/write-messages'));
  await tx.query(statement('machines/write-machine-events'), [accountId]);
  await tx.query(statement('machines/write-rule-totals'), [accountId, jobs, [], now]);
  await tx.query(statement('erase/write-days'), [accountId, counted, now]);
  await tx.query(statement('erase/move-day-bounds'), [accountId, counted]);
  await tx.query(statement('erase/write-hours'), [accountId, counted, now]);
  await tx.query(statement('erase/write-links'), [accountId, counted, now]);
  await tx.query(statement('totals/write-totals'), [accountId, jobs, [], now]);
  const { rowCount: people } = await tx.query(
    'select from tracking.subscribers where account_id = $1 and subscriber_key = $2',
    [accountId, subscriberKey],
  );
  erased.set('tracking.subscribers', people ?? 0);
  // No events are read from here on: tables are joined as in a refresh.
  await tx.query('set local enable_seqscan = on');
  await writePeople(tx, { accountId });
  const { rowCount: frozen } = await tx.query(
    'delete from pipeline.frozen_people where account_id = $1 and subscriber_key = $2',
    [accountId, subscriberKey],
  );
  erased.set('pipeline.frozen_people', frozen ?? 0);
  return { uncertainJobs: isUncertain ? counted : [] };
}

interface Jobs {
  readonly jobs: readonly number[];
  /** Those that are not frozen. */
  readonly counted: readonly number[];
  /** The account is being built, or a rule judges people by what others of their domain did. */
  readonly isUncertain: boolean;
}

async function readJobs(tx: Queryable, accountId: number): Promise<Jobs> {
  const { rows } = await tx.query<Jobs>(
    `select coalesce(array_agg(job_id), '{}') as jobs,
            coalesce(array_agg(job_id) filter (where not is_frozen), '{}') as counted,
            exists (select from bi.engagement_rules where rule = 'domain_burst' and enabled)
              or exists (select from pipeline.rollup_state where account_id = $1 and is_building) as "isUncertain"
     from (
       select mentioned.job_id, exists (
                select from tracking.job_totals as total
                where total.account_id = $1 and total.job_id = mentioned.job_id and total.frozen_at is not null) as is_frozen
       from (select job_id from pg_temp.old_message union select job_id from pg_temp.erased) as mentioned) as job`,
    [accountId],
  );
  return rows[0] ?? { jobs: [], counted: [], isUncertain: false };
}

async function markUncertainJobs(tx: Queryable, accountId: number, jobIds: readonly number[]): Promise<void> {
  if (jobIds.length > 0) await markJobs(tx, accountId, [...new Set(jobIds)]);
}

/** So that the events that left are not missed when the job is compared with Marketing Cloud's counters. */
async function noteErased(tx: Queryable, accountId: number): Promise<void> {
  await tx.query(
    `insert into pipeline.forgotten_events as known (account_id, job_id, event_type, events)
     select $1, job_id, event_type, count(*) from pg_temp.erased group by job_id, event_type
     on conflict (account_id, job_id, event_type) do update set events = known.events + excluded.events`,
    [accountId],
  );
}

async function countRows(tx: Queryable, table: string): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(`select count(*)::int as count from ${table}`);
  return rows[0]?.count ?? 0;
}

async function readNow(tx: Queryable): Promise<string | undefined> {
  const { rows } = await tx.query<{ now: string }>('select clock_timestamp()::text as now');
  return rows[0]?.now;
}

function add(erased: Erased, table: string, count: number): void {
  erased.set(table, (erased.get(table) ?? 0) + count);
}
