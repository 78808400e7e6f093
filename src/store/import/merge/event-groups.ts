import type { EventDefinition } from '../../../events/define-event.ts';

/**
 * Files and SOAP say the same event in different words, so they are compared by groups: events of one account, job and
 * person within one second, of one BatchID and one link.
 *
 * Files write BatchID 0 or 1 for a list send. A URLID past 2^31 arrives wrapped by SOAP, so its lower half is
 * compared; where one side has no URLID, the URL is.
 */
export function groupHash({ columns }: EventDefinition, urlId = 'url_id'): string {
  const batchId = 'case when batch_id in (0, 1) then null else batch_id end';
  const link =
    'url_id' in columns ? [`${urlId} & 4294967295`, `case when ${urlId} is null then url end`] : [];
  return `hash_record_extended(row(${['job_id', 'subscriber_key', batchId, ...link].join(', ')}), 0)`;
}

/** For rows that are compared with some that have no URLID. */
export const withoutUrlId = 'null::bigint';

/** The list, where an event has one: two lists are two events, but one side may not say which it is. */
export function listOf({ identity }: EventDefinition): string {
  return identity.includes('list_id') ? 'list_id' : 'null::bigint';
}

/** The last part of the index <table>_identity, of a relation. */
export function identityHash({ identity }: Pick<EventDefinition, 'identity'>, relation: string): string {
  return `hash_record_extended(row(${identity.map((name) => `${relation}.${name}`).join(', ')}), 0)`;
}

/** Tables of one transaction: what is stored in the seconds that are merged, and what of it goes or moves. */
export const makeComparison = `
  create temporary table present (
    second timestamptz, occurred_at timestamptz, job_id bigint, file_digits smallint, list bigint, group_hash bigint,
    identity_hash bigint) on commit drop;
  create temporary table gone (
    occurred_at timestamptz, job_id bigint, identity_hash bigint, moved_to timestamptz) on commit drop`;

/**
 * How the next statements join: rows are compared by hashing, because tables that grow from nothing have no statistics
 * that would say so; stored rows are looked up one by one.
 */
export const joinByHashing = 'set local enable_nestloop = off';
export const joinByLookingUp = 'set local enable_nestloop = on';

export interface PresentOptions {
  readonly account: string;
  /** A statement that selects the columns `second` and `job_id`. */
  readonly seconds: string;
  readonly urlId?: string;
}

/** Fills `present` with the events of jobs that are stored within some seconds, each with its group; found in <table>_identity. */
export function fillPresent(
  definition: EventDefinition,
  { account, seconds, urlId }: PresentOptions,
): string {
  return `
insert into pg_temp.present (second, occurred_at, job_id, file_digits, list, group_hash, identity_hash)
with seconds as materialized (
  ${seconds}
)
select seconds.second, event.*
from seconds, lateral (
  select occurred_at, job_id, file_digits, ${listOf(definition)} as list, ${groupHash(definition, urlId)} as group_hash,
         ${identityHash(definition, 'stored')} as identity_hash
  from tracking.${definition.table} as stored
  where stored.account_id = ${account}::bigint and stored.job_id = seconds.job_id
    and stored.occurred_at >= seconds.second and stored.occurred_at < seconds.second + interval '1 second'
  offset 0) as event`;
}

/**
 * Fills `gone` with the events of files whose places others take. `arriving` has the rows that come: second, group_hash,
 * list, occurred_at, job_id, identity_hash. One that is the same to the millisecond gives way first, then those that say
 * only the second. One that stays, but has the key of a row that comes, is moved behind all others of its second.
 */
export function fillGone(arriving: string, exactOnes: 'also' | 'stay'): string {
  const isSame = `exists (
           select from arriving
           where arriving.occurred_at = present.occurred_at and arriving.job_id = present.job_id
             and arriving.identity_hash = present.identity_hash)`;
  const isOfGroup = (
    other: string,
  ) => `(${other}.second, ${other}.group_hash) = (ranked.second, ranked.group_hash)
           and (${other}.list = ranked.list or ${other}.list is null or ranked.list is null)`;
  const rankedKey =
    'ranked.second, ranked.group_hash, ranked.list, ranked.occurred_at, ranked.job_id, ranked.identity_hash, ranked.rank';
  return `
insert into pg_temp.gone (occurred_at, job_id, identity_hash, moved_to)
with ${arriving},
coming as materialized (
  select second, group_hash, occurred_at, list, count(*) as coming from arriving group by 1, 2, 3, 4
),
exact_gone as materialized (
  select ${rankedKey} from (
    select present.*, row_number() over (
             partition by second, group_hash, occurred_at, list order by ${isSame} desc, identity_hash) as rank
    from pg_temp.present where file_digits > 0 and ${exactOnes === 'also'}) as ranked
  join coming on ${isOfGroup('coming')} and coming.occurred_at = ranked.occurred_at
  group by ${rankedKey} having ranked.rank <= sum(coming)
),
second_coming as (
  select ${rankedKey}, sum(coming) as coming from (
    select present.*, row_number() over (
             partition by second, group_hash, list order by ${isSame} desc, occurred_at desc) as rank
    from pg_temp.present where file_digits = 0) as ranked
  join coming on ${isOfGroup('coming')}
  group by ${rankedKey}
),
leaving as materialized (
  select occurred_at, job_id, identity_hash from exact_gone
  union
  select ranked.occurred_at, ranked.job_id, ranked.identity_hash from second_coming as ranked
  left join exact_gone on ${isOfGroup('exact_gone')}
  group by ${rankedKey}, coming having ranked.rank <= coming - count(exact_gone.rank)
)
select occurred_at, job_id, identity_hash, null from leaving
union all
${selectMoving(isSame)}`;
}

/** Selects what stays of `present` but has the key of a row that comes, and the first free instants of its second. */
function selectMoving(isSame: string): string {
  return `select occurred_at, job_id, identity_hash,
       latest + row_number() over (partition by second, job_id order by identity_hash) * interval '1 microsecond'
from pg_temp.present
join (
  select second, job_id, max(occurred_at) filter (where occurred_at < second + interval '1 millisecond') as latest
  from pg_temp.present group by second, job_id) as seconds using (second, job_id)
where file_digits = 0 and ${isSame}
  and not exists (
    select from leaving
    where (leaving.occurred_at, leaving.job_id, leaving.identity_hash)
        = (present.occurred_at, present.job_id, present.identity_hash))`;
}

/** Deletes and moves what is in `gone`, one by one in <table>_identity, and logs the change. */
export function clearPlaces({ identity, name, table }: EventDefinition, account: string): string {
  const isGone = `stored.account_id = ${account}::bigint and stored.occurred_at = gone.occurred_at
    and stored.job_id = gone.job_id and ${identityHash({ identity }, 'stored')} = gone.identity_hash`;
  return `
with deleted as (
  delete from tracking.${table} as stored using pg_temp.gone
  where ${isGone} and gone.moved_to is null
  returning stored.account_id, stored.job_id, stored.occurred_at
),
moved as (
  update tracking.${table} as stored set occurred_at = gone.moved_to from pg_temp.gone
  where ${isGone} and gone.moved_to is not null
  returning stored.account_id, stored.job_id, stored.occurred_at
)
insert into pipeline.rollup_changes (account_id, event_type, job_id, first_at, last_at)
select account_id, '${name}', job_id, min(occurred_at), max(occurred_at)
from (select * from deleted union all select * from moved) as changed group by account_id, job_id`;
}
