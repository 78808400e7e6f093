import { type ColumnPage, createColumnPage } from '../columns/page.ts';
import { type EventDefinition, requestedProperties } from '../events/define-event.ts';
import { parseRecordXml } from '../marketing-cloud/response/record-xml.ts';
import { insertRows } from '../store/load/insert-rows.ts';
import type { PartitionKeeper } from '../store/load/partitions.ts';
import { hasFileEvents, lockMerging, makeWay } from '../store/import/merge/make-way.ts';
import { inTransaction, type Pool } from '../store/connection/pool.ts';
import { deleteRejected, type KeptRecord, readRejected } from '../store/load/rejected-records.ts';
import { eventBounds, type Retention } from './event-bounds.ts';
import { keepOut } from '../columns/people/keep-out.ts';
import { isOfOneRecord } from './policy/error-policy.ts';
import { lockedForgotten, type Privacy } from './privacy.ts';
import { complaint } from '../tracking-extract/complaint.ts';
import { replayLine, type ReplayLinesDeps } from './import/replay-lines.ts';

export interface ReplayDeps {
  readonly retention: Retention;
  readonly pool: Pool;
  readonly partitions: PartitionKeeper;
  readonly privacy: Privacy;
  readonly findDefinition: (eventType: string) => EventDefinition | undefined;
  readonly now: () => Date;
  /** Records to read at most; all where absent. */
  readonly recordsMax?: number;
}

export interface ReplayOutcome {
  /** Records that were read again. */
  readonly read: number;
  /** Events that were not in their table yet. */
  readonly inserted: number;
  /** Records that still cannot be read; they stay. */
  readonly left: number;
}

/** Records read again at once. */
const recordsPerPage = 500;

/**
 * Reads rejected records again, after a fix: those that can be typed now become rows and leave the table
 * of the rejected, in one transaction a page; the rest stays as it is. Running it again is harmless.
 */
export async function replayRejected(deps: ReplayDeps): Promise<ReplayOutcome> {
  const { recordsMax = Infinity } = deps;
  let read = 0;
  let inserted = 0;
  let left = 0;
  for (let after = 0; ;) {
    const records = await readRejected(deps.pool, after, recordsPerPage);
    const last = records.at(-1);
    if (last === undefined || read >= recordsMax) return { read, inserted, left };
    after = last.id;
    read += records.length;
    const groups = Map.groupBy(
      records,
      ({ accountId, jobId, eventType, file }) => `${accountId} ${jobId} ${eventType} ${file !== null}`,
    );
    for (const group of groups.values()) {
      const outcome = await replayGroup(group, deps);
      inserted += outcome.inserted;
      left += outcome.left;
    }
  }
}

/** Replays records of one event type of one job. */
async function replayGroup(
  group: KeptRecord[],
  deps: ReplayDeps,
): Promise<{ inserted: number; left: number }> {
  const [first] = group;
  const definition = first && (deps.findDefinition(first.eventType) ?? findComplaint(first.eventType));
  // A dimension's record is not replayed: the next sync reads its object again.
  if (first === undefined || definition === undefined) return { inserted: 0, left: group.length };
  const { accountId, jobId } = first;
  const bounds = eventBounds(definition.name, deps.now(), deps.retention);
  if (first.file !== null) return await replayLines(group, definition, { ...deps, bounds });
  const page = createColumnPage(definition, { accountId, jobId: jobId ?? undefined, ...bounds });
  let rejected = 0;
  const readable: number[] = [];
  for (const record of group) {
    const isRead = appendRecord(page, record, requestedProperties(definition));
    const rejectedNow = page.rejectedCount();
    if (isRead && rejectedNow === rejected) readable.push(record.id);
    rejected = rejectedNow;
  }
  const readAgain = page.finish();
  await deps.partitions.ensureMonthsOf(definition.table, readAgain);
  const inserted = await inTransaction(deps.pool, async (tx) => {
    const { page: columns } = keepOut(readAgain, definition, await lockedForgotten(tx, deps.privacy));
    await lockMerging(tx, accountId, definition.name);
    if (await hasFileEvents(tx, accountId, definition.name))
      await makeWay(tx, { definition, accountId, columns });
    await deleteRejected(tx, readable);
    return insertRows(tx, definition, accountId, columns);
  });
  return { inserted, left: group.length - readable.length };
}

/** Only files bring them. */
function findComplaint(eventType: string): EventDefinition | undefined {
  return eventType === complaint.name ? complaint : undefined;
}

/** Lines of files are merged one by one: they may be of several business units. */
async function replayLines(
  group: readonly KeptRecord[],
  definition: EventDefinition,
  deps: ReplayLinesDeps,
): Promise<{ inserted: number; left: number }> {
  const sums = { inserted: 0, left: 0 };
  for (const record of group) {
    const inserted = await replayLine(record, definition, deps);
    if (inserted === undefined) sums.left += 1;
    else sums.inserted += inserted;
  }
  return sums;
}

/** False when the record is as unreadable as it was. */
function appendRecord(page: ColumnPage, { record }: KeptRecord, properties: readonly string[]): boolean {
  try {
    page.append(parseRecordXml(record, properties));
    return true;
  } catch (error) {
    if (isOfOneRecord(error)) return false;
    throw error;
  }
}
