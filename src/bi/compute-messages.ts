import type { Queryable } from '../store/connection/pool.ts';
import { fillTable } from './fill-table.ts';
import { countedTypes, hasReactions, type Scope } from './scope.ts';
import { statement } from './statement.ts';

/** What the rollups hold of the people that are touched, or of all of a job. */
export async function readMessages(tx: Queryable, scope: Scope): Promise<void> {
  const { accountId, wholeJobs, partJobs, lines } = scope;
  if (partJobs.length > 0) {
    const touching = [accountId, partJobs, ...lines.bounds, lines.eventTypes];
    await fillTable(tx, 'touched', 'changes/find-touched', touching);
  }
  const of = 'old_message (job_id, subscriber_key, batch_id)';
  await fillTable(tx, of, 'messages/read-old-messages', [accountId, wholeJobs]);
}

/** Returns the number of opens and clicks that the messages were computed with. */
export async function computeMessages(
  tx: Queryable,
  scope: Scope,
  wholeTypes: ReadonlySet<string>,
): Promise<number> {
  const { accountId, wholeJobs, bounds, recounted } = scope;
  if (wholeJobs.length > 0)
    await tx.query(statement('messages/compute-messages', wholeTypes), [accountId, wholeJobs, ...bounds]);
  const touchedEvents = await computeTouched(tx, scope);
  await tx.query('analyze pg_temp.message (job_id, subscriber_key, batch_id)');
  const withWhole = hasReactions(wholeTypes);
  const reactions = touchedEvents > 0 || withWhole ? await collectReactions(tx, scope, withWhole) : 0;
  const bounced = [...(wholeTypes.has('bounce') ? wholeJobs : []), ...recounted.bounces];
  const unsubscribed = [...(wholeTypes.has('unsub') ? wholeJobs : []), ...recounted.unsubscribes];
  if (bounced.length > 0 || unsubscribed.length > 0) {
    const text = statement('messages/find-ties', new Set(['bounces or unsubscribes']));
    await tx.query(text, [accountId, bounced, unsubscribed, ...bounds]);
  } else if (reactions > 0) {
    await tx.query(statement('messages/find-ties'));
  }
  if (bounced.length > 0)
    await tx.query(statement('messages/decide-bounces'), [accountId, bounced, ...bounds]);
  const haveFirsts = ['open', 'click', 'bounce', 'unsub'].some((type) => wholeTypes.has(type));
  if (haveFirsts || scope.partJobs.length > 0) await tx.query(statement('messages/mark-firsts'));
  return reactions;
}

/** The messages of people that are touched; returns the number of their opens and clicks. */
async function computeTouched(tx: Queryable, scope: Scope): Promise<number> {
  const { accountId, partJobs, bounds, recounted } = scope;
  const { sends, opens, clicks, bounces, unsubscribes, others } = recounted;
  if (partJobs.length === 0) return 0;
  const reading = [accountId, opens, clicks, ...bounds];
  const { rowCount } = await tx.query(statement('messages/read-touched-events'), reading);
  const kinds = [sends, opens, clicks, bounces, unsubscribes, others];
  const types = countedTypes(scope, new Set());
  await tx.query(statement('messages/compute-touched', types), [accountId, partJobs, ...kinds, ...bounds]);
  return rowCount ?? 0;
}

async function collectReactions(
  tx: Queryable,
  { accountId, wholeJobs, bounds }: Scope,
  withWhole: boolean,
): Promise<number> {
  const of = 'reaction (job_id, subscriber_key, batch_id, event_type, occurred_at, event_hash)';
  const values = withWhole ? [accountId, wholeJobs, ...bounds] : [];
  const needed = new Set(withWhole ? ['whole jobs'] : []);
  return await fillTable(tx, of, 'messages/collect-reactions', values, needed);
}
