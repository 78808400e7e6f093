import type { Queryable } from '../store/connection/pool.ts';
import { lockPeople } from './account-lock.ts';
import { computeMessages, readMessages } from './compute-messages.ts';
import { fillTable } from './fill-table.ts';
import { type EngagementRule, findMachines } from './find-machines.ts';
import {
  type ChangedJob,
  countedTypes,
  hasReactions,
  type Scope,
  scopeOf,
  typesOfWholeJobs,
} from './scope.ts';
import { statement } from './statement.ts';

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
 * To be called once in a transaction that holds the account's lock, in READ COMMITTED: every statement after the first
 * sees all events whose lines were taken. Messages are computed anew from events, and written where they differ. What is
 * above them (totals, days, hours, people, domains) changes by the difference, or is counted anew. Statements about what
 * none of the jobs has are left out: to plan one costs as much as to compute a small job with it.
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
  const wholeTypes = typesOfWholeJobs(jobs) ?? (await findTypes(tx, scope));
  if (mayReadReactions(scope, wholeTypes)) await tx.query(statement('machines/prepare'));
  await readMessages(tx, scope);
  await tx.query(statement('totals/count-links'), [accountId, scope.jobs]);
  const reactions = await computeMessages(tx, scope, wholeTypes);
  const withReactions = reactions > 0 || scope.namesReactions || hasReactions(wholeTypes);
  if (withReactions) await findMachines(tx, scope, rules);
  await writeJobs(tx, scope, { wholeTypes, withReactions });
  if (!basis.isBuilding) {
    await lockPeople(tx, accountId);
    await writePeople(tx, scope);
  }
  return jobs.length;
}

/** Bounces and unsubscribes are looked at for ties together with opens and clicks. */
function mayReadReactions({ partJobs, namesReactions }: Scope, wholeTypes: ReadonlySet<string>): boolean {
  const isRead = ['open', 'click', 'bounce', 'unsub'].some((type) => wholeTypes.has(type));
  return partJobs.length > 0 || namesReactions || isRead;
}

/** Events of frozen jobs are in no rollup; who they are about is noted, so that `forget` finds them. */
async function noteFrozen(tx: Queryable, accountId: number): Promise<void> {
  const { rowCount } = await tx.query('select from pg_temp.frozen_line limit 1');
  if (rowCount === 1) await tx.query(statement('changes/note-frozen'), [accountId]);
}

/** The types of the events of whole jobs, and of those that their rollups count. */
async function findTypes(
  tx: Queryable,
  { accountId, wholeJobs, bounds, knownTypes }: Scope,
): Promise<Set<string>> {
  // Postgres would read a month from its beginning where it takes the jobs' events for spread over it.
  await tx.query('set local enable_seqscan = off; set local enable_bitmapscan = off');
  const { rows } = await tx.query<{ types: string[] }>(statement('messages/find-types'), [
    accountId,
    wholeJobs,
    ...bounds,
  ]);
  await tx.query('set local enable_seqscan = on; set local enable_bitmapscan = on');
  return new Set([...knownTypes, ...(rows[0]?.types ?? [])]);
}

interface Counted {
  readonly wholeTypes: ReadonlySet<string>;
  readonly withReactions: boolean;
}

async function writeJobs(tx: Queryable, scope: Scope, counted: Counted): Promise<void> {
  const { accountId, partJobs, wholeJobs, bounds, recounted } = scope;
  const { opens, clicks } = recounted;
  const { rows } = await tx.query<{ now: string }>('select clock_timestamp()::text as now');
  const now = rows[0]?.now;
  const { withReactions } = counted;
  if (withReactions) {
    // Joined with the reactions by its key: unknown, each would be compared with all.
    const of = 'old_machine_event (job_id, event_type, occurred_at, event_hash)';
    await fillTable(tx, of, 'machines/read-old-machine-events', [accountId, wholeJobs, opens, clicks]);
  }
  await tx.query(statement('people/compute-people'), [partJobs]);
  await tx.query(statement('messages/write-messages'));
  if (withReactions) {
    await tx.query(statement('machines/write-machine-events'), [accountId]);
    await tx.query(statement('machines/write-rule-totals'), [accountId, partJobs, wholeJobs, now]);
  }
  await writeDays(tx, scope, counted, now);
  if (withReactions) {
    const [needed, rest] = partJobs.length > 0 ? [new Set(['part jobs']), bounds] : [new Set<string>(), []];
    const counting = [accountId, partJobs, wholeJobs, now, ...rest];
    await tx.query(statement('totals/write-hours', needed), counting);
    await tx.query(statement('totals/write-links', needed), [accountId, clicks, wholeJobs, now, ...rest]);
  }
  await tx.query(statement('totals/write-totals'), [accountId, partJobs, wholeJobs, now]);
}

async function writeDays(
  tx: Queryable,
  scope: Scope,
  { wholeTypes, withReactions }: Counted,
  now: string | undefined,
): Promise<void> {
  const { accountId, partJobs, wholeJobs, bounds, lines } = scope;
  const needed = new Set([
    ...wholeTypes,
    ...[...countedTypes(scope, wholeTypes)].map((type) => `moved ${type}`),
    ...(withReactions ? ['reactions'] : []),
  ]);
  const counting: unknown[] = [accountId, partJobs, wholeJobs, ...bounds, now];
  if (partJobs.length > 0) {
    needed.add('lines');
    counting.push(...lines.bounds, lines.eventTypes);
  }
  await tx.query(statement('totals/write-days', needed), counting);
}

/** Writes what people and domains changed by: the messages now and before of `pg_temp`. */
export async function writePeople(tx: Queryable, { accountId }: Pick<Scope, 'accountId'>): Promise<void> {
  await tx.query(statement('people/write-domains'), [accountId, false]);
  const { rowCount: changed } = await tx.query(statement('people/note-changed'), [accountId]);
  if (changed === 0) return;
  await tx.query(statement('people/write-subscribers'), [accountId]);
  if ((await fillTable(tx, 'receded', 'changes/find-receded', [])) > 0)
    await tx.query(statement('people/recompute-subscribers'), [accountId, false]);
  await tx.query(statement('people/write-engagement'), [accountId, false]);
}
