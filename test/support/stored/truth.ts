import type pg from 'pg';
import type { World } from '../../../simulator/world/world.ts';
import type { SimulatedEventType, TruthEvent } from '../../../simulator/world/truth.ts';

/** Tables by event type, and the columns that only they have: each with what the truth says of it. */
const tables: Readonly<Record<SimulatedEventType, Readonly<Record<string, (event: TruthEvent) => unknown>>>> =
  {
    sent: { list_id: ({ listId }) => listId, subscriber_id: ({ subscriberId }) => subscriberId },
    not_sent: { list_id: ({ listId }) => listId, subscriber_id: ({ subscriberId }) => subscriberId },
    open: {},
    click: { url_id: ({ urlId }) => urlId, url: ({ url }) => url },
    bounce: {
      bounce_kind: property('EventType'),
      bounce_category: property('BounceCategory'),
      bounce_type: property('BounceType'),
      smtp_code: property('SMTPCode'),
      smtp_reason: property('SMTPReason'),
    },
    unsub: {
      list_id: ({ listId }) => listId,
      is_master_unsubscribed: (event) => property('IsMasterUnsubscribed')(event) === 'true',
    },
    forward: {},
    forward_opt_in: { opt_in_subscriber_key: property('OptInSubscriberKey') },
    survey: { question: property('Question'), answer: property('Answer') },
  };

export type ComparedType = SimulatedEventType;

export const everyType = ['sent', 'open', 'click'] as const satisfies readonly ComparedType[];

export interface Compared {
  readonly accounts?: readonly number[];
  readonly types?: readonly ComparedType[];
  readonly jobIds?: readonly number[];
  /** Leaves out what a Retrieve could not return by then. */
  readonly asOf?: Date;
  /** Which of the true events the tables are to hold; all of them if not given. */
  readonly expected?: (event: TruthEvent, type: ComparedType) => boolean;
}

/**
 * Compares the event tables with what really happened, row by row and both ways: every column, instants
 * to the microsecond, nulls as nulls. Events that are equal in all that can be retrieved are one row.
 */
export async function expectTablesEqualTruth(
  pool: pg.Pool,
  world: World,
  { accounts = world.accountIds, types = everyType, jobIds, asOf, expected }: Compared = {},
): Promise<void> {
  for (const type of types) {
    const truth = new Set<string>();
    for (const accountId of accounts) {
      for (const event of world.events(type, accountId, undefined, asOf)) {
        const isOfJobs = jobIds?.includes(event.jobId) ?? true;
        if (isOfJobs && (expected?.(event, type) ?? true)) truth.add(rowOfEvent(event, type));
      }
    }
    const rows = await readRows(pool, type, accounts, jobIds);
    const loaded = new Set(rows);
    expect({
      type,
      rows: rows.length,
      missing: sample(truth, loaded),
      unexpected: sample(loaded, truth),
    }).toEqual({ type, rows: truth.size, missing: [], unexpected: [] });
  }
}

/** The first few that are in one and not in the other. */
function sample(one: ReadonlySet<string>, other: ReadonlySet<string>): string[] {
  return [...one]
    .filter((row) => !other.has(row))
    .sort()
    .slice(0, 5);
}

async function readRows(
  pool: pg.Pool,
  type: ComparedType,
  accounts: readonly number[],
  jobIds: readonly number[] | undefined,
): Promise<string[]> {
  const own = Object.keys(tables[type]);
  const { rows } = await pool.query<{ row: string }>(
    `select json_build_array(account_id, to_char(occurred_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), job_id, batch_id,
                             subscriber_key, triggered_send_id${own.map((name) => `, ${name}`).join('')})::text as row
     from tracking.${type}_events
     where account_id = any($1) and ($2::bigint[] is null or job_id = any($2))`,
    [accounts, jobIds ?? null],
  );
  return rows.map(({ row }) => JSON.stringify(JSON.parse(row)));
}

function rowOfEvent(event: TruthEvent, type: ComparedType): string {
  const { accountId, jobId, batchId, subscriberKey, triggeredSendId } = event;
  const own = Object.values(tables[type]).map((valueOf) => valueOf(event));
  return JSON.stringify([
    accountId,
    instantOf(event),
    jobId,
    batchId,
    subscriberKey,
    triggeredSendId,
    ...own,
  ]);
}

function property(name: string): (event: TruthEvent) => string | null {
  return ({ properties }) => properties?.[name] ?? null;
}

/** UTC to the microsecond; a date that the event puts on the wire itself is fixed UTC−06:00. */
function instantOf({ occurredAt, raw }: TruthEvent): string {
  const text = raw?.['EventDate'];
  if (text == null) return new Date(occurredAt).toISOString().replace('Z', '000Z');
  const [whole = '', fraction = ''] = text.split('.');
  const seconds = new Date(`${whole}-06:00`).toISOString().slice(0, 19);
  return `${seconds}.${fraction.padEnd(6, '0').slice(0, 6)}Z`;
}

/** Rows of the event tables by type. */
export async function countRows(pool: pg.Pool): Promise<Record<(typeof everyType)[number], number>> {
  const { rows } = await pool.query<Record<(typeof everyType)[number], number>>(
    `select (select count(*) from tracking.sent_events) as sent, (select count(*) from tracking.open_events) as open,
            (select count(*) from tracking.click_events) as click`,
  );
  return rows[0] ?? { sent: 0, open: 0, click: 0 };
}
