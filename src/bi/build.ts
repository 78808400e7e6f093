import type { Queryable } from '../store/connection/pool.ts';
import type { EngagementRule } from './find-machines.ts';
import type { RefreshBasis } from './refresh-jobs.ts';
import { statement } from './statement.ts';

/**
 * Marks every job of an account whose rollups were computed by other rules or in another time zone, or never, and the
 * jobs whose links were read since. Returns what the jobs are to be computed with.
 */
export async function markStaleJobs(
  tx: Queryable,
  accountId: number,
): Promise<Pick<RefreshBasis, 'rules' | 'isBuilding'>> {
  const { isCurrent, isBuilding } = await readState(tx, accountId);
  if (isCurrent) await tx.query(statement('machines/mark-new-links'), [accountId]);
  else await markAllJobs(tx, accountId);
  return { isBuilding: isBuilding || !isCurrent, rules: await readRules(tx) };
}

/** What the jobs of an account are computed with; undefined where all of them have to be marked first. */
export async function readBasis(
  tx: Queryable,
  accountId: number,
): Promise<Pick<RefreshBasis, 'rules' | 'isBuilding'> | undefined> {
  const { isCurrent, isBuilding } = await readState(tx, accountId);
  return isCurrent ? { isBuilding, rules: await readRules(tx) } : undefined;
}

/** Marks every job of an account, and its people and domains, to be computed from all events. */
export async function markAllJobs(tx: Queryable, accountId: number): Promise<void> {
  await markJobs(tx, accountId, null);
  await tx.query(
    `insert into pipeline.rollup_state (account_id, time_zone, rules, is_building, built_at)
     select $1, time_zone, rules, true, now() from (${basisNow}) as basis
     on conflict (account_id) do update
     set time_zone = excluded.time_zone, rules = excluded.rules, is_building = true, built_at = excluded.built_at`,
    [accountId],
  );
}

/** Marks jobs to be computed as a whole; null: every job with events. */
export async function markJobs(
  tx: Queryable,
  accountId: number,
  jobIds: readonly number[] | null,
): Promise<void> {
  await tx.query(statement('changes/mark-jobs'), [accountId, jobIds]);
}

/**
 * Computes people and domains over all jobs where that was put off; to be called when no job is left. The working tables
 * may be there already, where the jobs were computed in the same transaction.
 */
export async function finishBuilding(
  tx: Queryable,
  accountId: number,
  { isPrepared }: { readonly isPrepared: boolean },
): Promise<void> {
  const { rows } = await tx.query<{ wasBuilding: boolean }>(
    `update pipeline.rollup_state as state set refreshed_at = now(), is_building = false
     from pipeline.rollup_state as before
     where state.account_id = $1 and before.account_id = $1 returning before.is_building as "wasBuilding"`,
    [accountId],
  );
  if (rows[0]?.wasBuilding !== true) return;
  if (!isPrepared) await tx.query(statement('changes/prepare'));
  await tx.query(
    `create index if not exists recipients_person on tracking.recipients (account_id, subscriber_key)`,
  );
  await tx.query(statement('people/recompute-subscribers'), [accountId, true]);
  await tx.query(statement('people/write-engagement'), [accountId, true]);
  await tx.query(statement('people/write-domains'), [accountId, true]);
}

async function readState(
  tx: Queryable,
  accountId: number,
): Promise<{ isCurrent: boolean; isBuilding: boolean }> {
  const { rows } = await tx.query<{ isCurrent: boolean; isBuilding: boolean }>(
    `select coalesce(state.time_zone = basis.time_zone and state.rules = basis.rules, false) as "isCurrent",
            coalesce(state.is_building, false) as "isBuilding"
     from (${basisNow}) as basis
     left join pipeline.rollup_state as state on state.account_id = $1`,
    [accountId],
  );
  return rows[0] ?? { isCurrent: false, isBuilding: false };
}

/** An index that is made over all rows at last costs a tenth of one that each row is entered in. */
export async function dropPersonIndexWhereEmpty(tx: Queryable): Promise<void> {
  const { rowCount } = await tx.query('select from tracking.recipients limit 1');
  if (rowCount === 0) await tx.query('drop index if exists tracking.recipients_person');
}

const basisNow = `
  select settings.time_zone, coalesce(md5(string_agg(known::text, ' ' order by known.rule)), '') as rules
  from bi.settings
  left join bi.engagement_rules as known on known.enabled
  group by settings.time_zone`;

async function readRules(tx: Queryable): Promise<EngagementRule[]> {
  const { rows } = await tx.query<EngagementRule>(
    'select rule, seconds, count, share from bi.engagement_rules where enabled order by rule',
  );
  return rows;
}
