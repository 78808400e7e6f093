import type { EventDefinition } from '../events/define-event.ts';
import { identityHash } from '../store/import/merge/event-groups.ts';
import type { Queryable } from '../store/connection/pool.ts';

/** Whom an erasure is about. */
export interface Person {
  readonly accountId: number;
  /** As it is stored. */
  readonly subscriberKey: string;
}

interface Span {
  readonly jobId: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** Where the events of the person are: spans by event type, of all types of which there are events. */
export async function readPlaces(tx: Queryable): Promise<Map<string, Span[]>> {
  const { rows } = await tx.query<Span & { eventType: string; isSpan: boolean }>(
    `select event_type as "eventType", job_id as "jobId", first_at::text as "firstAt", last_at::text as "lastAt",
            true as "isSpan"
     from pg_temp.span
     union all
     select distinct event_type, null::bigint, null, null, false from pg_temp.instant`,
  );
  const types = Map.groupBy(rows, ({ eventType }) => eventType);
  return new Map([...types].map(([type, places]) => [type, places.filter(({ isSpan }) => isSpan)]));
}

/** Events at known instants and those within spans are found in <table>_identity. */
export async function eraseEvents(
  tx: Queryable,
  definition: EventDefinition,
  { accountId, subscriberKey }: Person,
  spans: readonly Span[],
): Promise<number> {
  const { rowCount } = await tx.query(eraseInstants(definition), [accountId, subscriberKey]);
  let events = rowCount ?? 0;
  for (const { jobId, firstAt, lastAt } of spans) {
    const values = [accountId, subscriberKey, jobId, firstAt, lastAt];
    const { rowCount: more } = await tx.query(eraseSpan(definition), values);
    events += more ?? 0;
  }
  return events;
}

/** @internal exported for the test of its plan */
export function eraseInstants(definition: EventDefinition): string {
  return eraseWhere(
    definition,
    'using pg_temp.instant',
    `instant.event_type = '${definition.name}' and event.occurred_at = instant.occurred_at
    and event.job_id = instant.job_id`,
  );
}

/**
 * One statement for each span: with its ends known, only its months are read.
 *
 * @internal exported for the test of its plan
 */
export function eraseSpan(definition: EventDefinition): string {
  return eraseWhere(definition, '', 'event.job_id = $3 and event.occurred_at between $4 and $5');
}

function eraseWhere(definition: EventDefinition, using: string, condition: string): string {
  const urlId = 'url_id' in definition.columns ? 'event.url_id' : 'null::bigint';
  return `
with gone as (
  delete from tracking.${definition.table} as event ${using}
  where event.account_id = $1 and event.subscriber_key = $2 and ${condition}
  returning event.job_id, event.batch_id, event.occurred_at, ${urlId}, ${identityHash(definition, 'event')}
)
insert into pg_temp.erased (event_type, job_id, batch_id, occurred_at, url_id, event_hash)
select '${definition.name}', gone.* from gone`;
}
