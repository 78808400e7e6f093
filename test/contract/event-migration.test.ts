import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import knex from 'knex';
import { renderEventMigration } from '../../scripts/event-migration.ts';
import { commonEventColumns, defineEvent } from '../../src/events/define-event.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/postgres/database.ts';

const vote = defineEvent({
  name: 'vote',
  objectType: 'VoteEvent',
  table: 'vote_events',
  columns: {
    ...commonEventColumns,
    question: { property: 'Question', kind: 'text', optional: true },
    is_final: { property: 'IsFinal', kind: 'boolean' },
  },
  identity: ['batch_id', 'subscriber_key', 'question'],
  overlapMinutes: 60,
  arrival: 'reaction',
  expectedPerSent: 0.01,
});

interface MigrationModule {
  up: (database: knex.Knex) => Promise<void>;
  down: (database: knex.Knex) => Promise<void>;
}

function isMigration(value: unknown): value is MigrationModule {
  return typeof value === 'object' && value !== null && 'up' in value && 'down' in value;
}

describe('migration:event', () => {
  let database: TestDatabase;
  let folder: string;

  beforeAll(async () => {
    database = await createEmptyDatabase();
    folder = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-migration-'));
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await database.drop();
  });

  it('writes a migration that stands without the definition and makes its table, identity and comments', async () => {
    const text = renderEventMigration(vote);
    expect(text.match(/^import .*$/gmu)).toEqual([`import type { Knex } from 'knex';`]);
    const file = path.join(folder, 'migration.ts');
    writeFileSync(file, text);
    const migration: unknown = await import(pathToFileURL(file).href);
    if (!isMigration(migration)) throw new Error('it exports no up() and down()');

    const client = knex({ client: 'pg', connection: database.url });
    try {
      await client.raw('create schema tracking');
      await migration.up(client);
      expect(await columnsOf(client)).toEqual([
        'account_id bigint not null: MID of the business unit',
        'batch_id bigint: BatchID within the job; ties a triggered mail to its opens and clicks',
        'file_digits smallint: fraction digits of the time where the row came from a Tracking Extract; null: read by SOAP',
        'is_final boolean not null: IsFinal of VoteEvent',
        'job_id bigint not null: the send job (SendID); joins tracking.jobs',
        'loaded_at timestamp with time zone not null: when this row was written',
        'occurred_at timestamp with time zone not null: when it happened, converted from fixed UTC-06:00',
        'question text: Question of VoteEvent',
        'subscriber_key text: the customer’s own id of the person, exactly as sent; may be an e-mail address',
        'triggered_send_id uuid: ObjectID of the triggered send definition; null for list sends',
      ]);
      expect(await identityOf(client)).toMatch(
        /\(job_id, occurred_at, hash_record_extended\(ROW\(batch_id, subscriber_key, question\), .+\), account_id\) NULLS NOT DISTINCT$/u,
      );
      await migration.down(client);
      expect(await columnsOf(client)).toEqual([]);
    } finally {
      await client.destroy();
    }
  });
});

async function columnsOf(client: knex.Knex): Promise<string[]> {
  const { rows } = await client.raw<{ rows: { line: string }[] }>(`
    select attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end
           || ': ' || coalesce(col_description(attrelid, attnum), '') as line
    from pg_attribute
    where attrelid = to_regclass('tracking.vote_events') and attnum > 0 and not attisdropped
    order by attname`);
  return rows.map(({ line }) => line);
}

async function identityOf(client: knex.Knex): Promise<string> {
  const { rows } = await client.raw<{ rows: { definition: string }[] }>(
    `select pg_get_indexdef('tracking.vote_events_identity'::regclass) as definition`,
  );
  return rows[0]?.definition ?? '';
}
