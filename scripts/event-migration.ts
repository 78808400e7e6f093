import type { ColumnKind, EventDefinition } from '../src/events/define-event.ts';
import { identityOf } from '../src/store/load/insert-rows.ts';

const columnTypes = {
  integer: 'bigint',
  text: 'text',
  instant: 'timestamptz',
  uuid: 'uuid',
  boolean: 'boolean',
} as const satisfies Record<ColumnKind, string>;

/** What the columns that every event table has mean; the others are described by their property. */
const commonComments: Readonly<Record<string, string>> = {
  account_id: 'MID of the business unit',
  occurred_at: 'when it happened, converted from fixed UTC-06:00',
  job_id: 'the send job (SendID); joins tracking.jobs',
  batch_id: 'BatchID within the job; ties a triggered mail to its opens and clicks',
  triggered_send_id: 'ObjectID of the triggered send definition; null for list sends',
  subscriber_key: 'the customer’s own id of the person, exactly as sent; may be an e-mail address',
  loaded_at: 'when this row was written',
  file_digits: 'fraction digits of the time where the row came from a Tracking Extract; null: read by SOAP',
};

/**
 * The migration that makes the table of an event type: frozen text that imports no definition, so that
 * history does not change when a definition does.
 */
export function renderEventMigration(definition: EventDefinition): string {
  const { table, objectType } = definition;
  const columns = columnsOf(definition);
  const comments = columns.map(
    ({ name, comment }) => `    comment on column tracking.${table}.${name} is '${comment}';`,
  );
  return `import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(\`
    create table tracking.${table} (
      ${columns.map(({ sql }) => sql).join(',\n      ')}
    ) partition by range (occurred_at);
    create unique index ${table}_identity on tracking.${table} (
      ${identityOf(definition)}, account_id
    ) nulls not distinct;
    create index ${table}_date on tracking.${table} using brin (occurred_at) with (pages_per_range = 32);
    comment on table tracking.${table} is
      '${objectType} of Marketing Cloud. One row per event; partitioned by month of occurred_at (UTC).';
${comments.join('\n')}\`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table tracking.${table}');
}
`;
}

interface TableColumn {
  readonly name: string;
  readonly sql: string;
  readonly comment: string;
}

function columnsOf(definition: EventDefinition): TableColumn[] {
  const own = Object.entries(definition.columns).map(([name, { property, kind, optional }]) => {
    // A record without SendID gets the requested job, so the column is never null.
    const isNullable = optional === true && name !== 'job_id';
    return {
      name,
      sql: `${name} ${columnTypes[kind]}${isNullable ? '' : ' not null'}`,
      comment: commonComments[name] ?? `${property} of ${definition.objectType}`,
    };
  });
  return [
    { name: 'account_id', sql: 'account_id bigint not null', comment: commonComments['account_id'] ?? '' },
    ...own,
    {
      name: 'loaded_at',
      sql: 'loaded_at timestamptz not null default now()',
      comment: commonComments['loaded_at'] ?? '',
    },
    {
      name: 'file_digits',
      sql: 'file_digits smallint',
      comment: commonComments['file_digits'] ?? '',
    },
  ];
}
