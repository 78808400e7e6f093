import type { Queryable } from '../store/connection/pool.ts';
import { lockPeople } from './account-lock.ts';
import { type ChangedJob, type Scope, scopeOf } from './scope.ts';
import { statement } from './statement.ts';

/** A rule of `bi.engagement_rules` that is switched on. */
export interface EngagementRule {
  readonly rule: string;
  readonly seconds: string;
  readonly count: number | null;
  readonly share: string | null;
}

export interface RefreshBasis {
  readonly accountId: number;
  readonly rules: readonly EngagementRule[];
  /** People and domains follow when all jobs of the account are computed, not with each job. */
  readonly isBuilding: boolean;
  /** Leaves the lines of all other jobs where they are. */
  readonly onlyJobs?: readonly number[];
  /** Takes the jobs of one lane alone, of `laneCount`. */
  readonly lane?: number;
}

/** Lanes that compute an account's jobs side by side: few databases have less than two cores to give. */
export const laneCount = 2;

// Messages whose counts fit into the memory of one statement; a transaction's working tables take some eighty megabytes.
const messagesMax = 100_000;

/**
 * Takes lines of an account's log and brings the rollups of their jobs up to date; returns the number of jobs.
 *
 * To be called in a transaction that holds the account's lock, in READ COMMITTED: every statement after the first sees
 * all events whose lines were taken. Messages are computed anew from events, and written where they differ. What is
 * above them (totals, days, hours, people, domains) changes by the difference, or is counted anew.
 */
export async function refreshChangedJobs(tx: Queryable, basis: RefreshBasis): Promise<number> {
  const { accountId, rules, onlyJobs = null, lane = null } = basis;
  await tx.query(statement('changes/prepare'));
  const taking = [accountId, messagesMax, onlyJobs, laneCount, lane];
  const { rows: jobs } = await tx.query<ChangedJob>(statement('changes/take-changes'), taking);
  await noteFrozen(tx, accountId);
  const [first] = jobs;
  if (first === undefined) return 0;
  const scope = scopeOf(accountId, jobs, first);
  await readMessages(tx, scope);
  await computeMessages(tx, scope);
  await findMachines(tx, scope, rules);
  await writeJobs(tx, scope);
  if (!basis.isBuilding) {
    await lockPeople(tx, accountId);
    await writePeople(tx, scope);
  }
  return jobs.length;
}

/** Events of frozen jobs are in no rollup; who they are about is noted, so that `forget` finds them. */
async function noteFrozen(tx: Queryable, accountId: number): Promise<void> {
  const { rowCount } = await tx.query('select from pg_temp.frozen_line limit 1');
  if (rowCount === 1) await tx.query(statement('changes/note-frozen'), [accountId]);
}

/** What the rollups hold of the people that are touched, or of all of a job. */
async function readMessages(tx: Queryable, scope: Scope): Promise<void> {
  const { accountId, wholeJobs, partJobs, lines } = scope;
  if (partJobs.length > 0) {
    await tx.query(statement('changes/find-touched'), [
      accountId,
      partJobs,
      ...lines.bounds,
      lines.eventTypes,
    ]);
  }
  await tx.query('analyze pg_temp.touched');
  await tx.query(statement('messages/read-old-messages'), [accountId, wholeJobs]);
  await tx.query('analyze pg_temp.old_message (job_id, subscriber_key, batch_id)');
}

async function computeMessages(tx: Queryable, scope: Scope): Promise<void> {
  const { accountId, wholeJobs, partJobs, bounds, recounted } = scope;
  const { sends, opens, clicks, bounces, unsubscribes, others } = recounted;
  if (wholeJobs.length > 0)
    await tx.query(statement('messages/compute-messages'), [accountId, wholeJobs, ...bounds]);
  if (partJobs.length > 0) {
    await tx.query(statement('messages/read-touched-events'), [accountId, opens, clicks, ...bounds]);
    const kinds = [sends, opens, clicks, bounces, unsubscribes, others];
    await tx.query(statement('messages/compute-touched'), [accountId, partJobs, ...kinds, ...bounds]);
  }
  await tx.query('analyze pg_temp.message (job_id, subscriber_key, batch_id)');
  await tx.query(statement('messages/collect-reactions'), [accountId, wholeJobs, ...bounds]);
  await tx.query('analyze pg_temp.reaction (job_id, subscriber_key, batch_id, event_type)');
  const bounced = [...wholeJobs, ...bounces];
  await tx.query(statement('messages/find-ties'), [
    accountId,
    bounced,
    [...wholeJobs, ...unsubscribes],
    ...bounds,
  ]);
  if (bounced.length > 0)
    await tx.query(statement('messages/decide-bounces'), [accountId, bounced, ...bounds]);
  await tx.query(statement('messages/mark-firsts'));
}

/** Applies the rules to the messages' opens and clicks. */
async function findMachines(
  tx: Queryable,
  { accountId, jobs }: Scope,
  rules: readonly EngagementRule[],
): Promise<void> {
  await tx.query(statement('totals/count-links'), [accountId, jobs]);
  await tx.query(statement('machines/count-clickers'));
  await tx.query('analyze pg_temp.clicker');
  await tx.query(statement('machines/flag-walks'));
  for (const { rule, seconds, count, share } of rules) {
    if (rule === 'honeypot_link') await tx.query(statement('machines/flag-honeypots'), [accountId, jobs]);
    else if (rule === 'domain_burst') await flagDomainBursts(tx);
    else if (count !== null)
      await tx.query(statement('machines/flag-many-links'), [rule, `${seconds} seconds`, count, share]);
  }
  await tx.query(statement('machines/take-off-machines'));
}

async function flagDomainBursts(tx: Queryable): Promise<void> {
  // Postgres cannot know how many people of a domain are near each other, and would compare each with all.
  await tx.query('set local enable_nestloop = off');
  await tx.query(statement('machines/flag-domain-bursts'));
  await tx.query('set local enable_nestloop = on');
}

async function writeJobs(tx: Queryable, scope: Scope): Promise<void> {
  const { accountId, partJobs, wholeJobs, bounds, lines, recounted } = scope;
  const { opens, clicks } = recounted;
  const { rows } = await tx.query<{ now: string }>('select clock_timestamp()::text as now');
  const now = rows[0]?.now;
  await tx.query(statement('machines/read-old-machine-events'), [accountId, wholeJobs, opens, clicks]);
  await tx.query(statement('people/compute-people'), [partJobs]);
  await tx.query(statement('messages/write-messages'));
  await tx.query(statement('machines/write-machine-events'), [accountId]);
  await tx.query(statement('machines/write-rule-totals'), [accountId, partJobs, wholeJobs, now]);
  const counting = [accountId, partJobs, wholeJobs, ...bounds, now];
  await tx.query(statement('totals/write-days'), [...counting, ...lines.bounds, lines.eventTypes]);
  await tx.query(statement('totals/write-hours'), counting);
  await tx.query(statement('totals/write-links'), [accountId, clicks, wholeJobs, ...bounds, now]);
  await tx.query(statement('totals/write-totals'), [accountId, partJobs, wholeJobs, now]);
}

/** Writes what people and domains changed by: the messages now and before of `pg_temp`. */
export async function writePeople(tx: Queryable, { accountId }: Pick<Scope, 'accountId'>): Promise<void> {
  await tx.query(statement('people/write-domains'), [accountId, false]);
  await tx.query(statement('people/note-changed'), [accountId]);
  await tx.query(statement('people/write-subscribers'), [accountId]);
  await tx.query(statement('changes/find-receded'));
  await tx.query('analyze pg_temp.receded');
  await tx.query(statement('people/recompute-subscribers'), [accountId, false]);
  await tx.query(statement('people/write-engagement'), [accountId, false]);
}
