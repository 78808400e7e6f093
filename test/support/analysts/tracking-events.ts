import type { Pool } from '../../../src/store/connection/pool.ts';

/** One tracking event as a test plants it; columns that its table lacks are left out. */
export interface TestEvent {
  readonly type: keyof typeof ownColumns;
  readonly account_id: number;
  readonly job_id: number;
  readonly batch_id: number | null;
  readonly subscriber_key: string | null;
  /** ISO, UTC. */
  readonly occurred_at: string;
  readonly triggered_send_id?: string | null;
  readonly list_id?: number | null;
  readonly subscriber_id?: number | null;
  readonly url_id?: number | null;
  readonly url?: string | null;
  readonly bounce_kind?: string | null;
  readonly bounce_category?: string | null;
  readonly bounce_type?: string | null;
  readonly smtp_code?: string | null;
  readonly smtp_reason?: string | null;
  readonly is_master_unsubscribed?: boolean | null;
  readonly opt_in_subscriber_key?: string | null;
  readonly question?: string | null;
  readonly answer?: string | null;
}

const ownColumns = {
  sent: ['list_id', 'subscriber_id'],
  not_sent: ['list_id', 'subscriber_id'],
  open: [],
  click: ['url_id', 'url'],
  bounce: ['bounce_kind', 'bounce_category', 'bounce_type', 'smtp_code', 'smtp_reason'],
  unsub: ['list_id', 'is_master_unsubscribed'],
  forward: [],
  forward_opt_in: ['opt_in_subscriber_key'],
  survey: ['question', 'answer'],
} as const;

export const eventTypes = [
  ...(['sent', 'not_sent', 'open', 'click', 'bounce'] as const),
  ...(['unsub', 'forward', 'forward_opt_in', 'survey'] as const),
];

/** Makes the months of these instants for every event table. */
export async function makeMonths(pool: Pool, from: string, to: string): Promise<void> {
  for (const type of eventTypes) await makeMonthsOf(pool, type, { from, to });
}

/** Makes the months of one table that are not there. */
export async function makeMonthsOf(
  pool: Pool,
  type: TestEvent['type'],
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  await pool.query(
    `do $do$
     declare month timestamptz := date_trunc('month', timestamptz '${from}', 'UTC');
     begin
       while month < timestamptz '${to}' loop
         execute format('create table if not exists tracking.%I partition of tracking.${type}_events for values from (%L) to (%L)',
           '${type}_events_' || to_char(month at time zone 'UTC', '"y"YYYY"m"MM'), month,
           ((month at time zone 'UTC') + interval '1 month') at time zone 'UTC');
         month := ((month at time zone 'UTC') + interval '1 month') at time zone 'UTC';
       end loop;
     end
     $do$`,
  );
}

/** Loads events as a page does: what is there already stays, and what is new is logged in the same transaction. */
export async function loadEvents(database: Pick<Pool, 'query'>, events: readonly TestEvent[]): Promise<void> {
  for (const type of eventTypes) {
    const page = events.filter((event) => event.type === type);
    if (page.length === 0) continue;
    const columns = [
      ...['account_id', 'job_id', 'batch_id', 'subscriber_key', 'occurred_at', 'triggered_send_id'],
      ...ownColumns[type],
    ].join(', ');
    await database.query(
      `with loaded as (
         insert into tracking.${type}_events (${columns})
         select ${columns} from jsonb_populate_recordset(null::tracking.${type}_events, $1)
         order by account_id, occurred_at, job_id, batch_id, subscriber_key
         on conflict do nothing returning account_id, job_id, occurred_at)
       insert into pipeline.rollup_changes (account_id, event_type, job_id, first_at, last_at)
       select account_id, '${type}', job_id, min(occurred_at), max(occurred_at) from loaded group by account_id, job_id`,
      [JSON.stringify(page)],
    );
  }
}
