import type { Knex } from 'knex';

type Columns = readonly (readonly [column: string, type: string, comment: string])[];

const jobs: Columns = [
  ['additional', 'text', 'Additional: the customer’s own tag, often a campaign code'],
  ['is_multipart', 'boolean', 'IsMultipart: sent as HTML and text'],
  ['is_always_on', 'boolean', 'IsAlwaysOn'],
  ['preview_url', 'text', 'PreviewURL'],
  [
    'email_send_definition_key',
    'text',
    'CustomerKey of the user-initiated send definition; null for triggered sends',
  ],
];

const triggeredSends: Columns = [
  ['description', 'text', 'Description'],
  ['email_id', 'bigint', 'Email.ID'],
  ['list_id', 'bigint', 'List.ID'],
  ['email_subject', 'text', 'EmailSubject'],
  ['dynamic_email_subject', 'text', 'DynamicEmailSubject'],
  ['from_name', 'text', 'FromName'],
  ['from_address', 'text', 'FromAddress'],
  ['is_multipart', 'boolean', 'IsMultipart'],
  ['is_wrapped', 'boolean', 'IsWrapped'],
  ['auto_add_subscribers', 'boolean', 'AutoAddSubscribers'],
  ['auto_update_subscribers', 'boolean', 'AutoUpdateSubscribers'],
];

const tables: readonly (readonly [table: string, columns: Columns])[] = [
  ['jobs', jobs],
  ['triggered_sends', triggeredSends],
];

/** What views of other tools show of a send and of a definition, and had to leave empty. */
export async function up(knex: Knex): Promise<void> {
  for (const [table, columns] of tables) {
    const added = columns.map(([column, type]) => `add column ${column} ${type}`).join(', ');
    await knex.raw(`alter table tracking.${table} ${added}`);
    for (const [column, , comment] of columns)
      await knex.raw(`comment on column tracking.${table}.${column} is '${comment}'`);
  }
}

/** Refused while a view reads them: `migrate` of the version before makes its views without them. */
export async function down(knex: Knex): Promise<void> {
  for (const [table, columns] of tables) {
    const dropped = columns.map(([column]) => `drop column ${column}`).join(', ');
    await knex.raw(`alter table tracking.${table} ${dropped}`);
  }
}
