import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createColumnPage, type PageColumns } from '../../../src/columns/page.ts';
import { textAt } from '../../../src/columns/text-column.ts';
import { createPseudonyms } from '../../../src/columns/people/pseudonyms.ts';
import { eventCatalog } from '../../../src/events/catalog.ts';
import { detailColumns } from '../../../src/events/extract-details.ts';
import { type EventDefinition, requestedProperties } from '../../../src/events/define-event.ts';
import { open } from '../../../src/events/open.ts';
import { isDetail } from '../../../src/tracking-extract/extract-layout.ts';
import { lineHider } from '../../../src/tracking-extract/hide-people.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';

const page = readFileSync(path.join(import.meta.dirname, '..', '..', '..', 'docs', 'privacy.md'), 'utf8');
const pseudonyms = createPseudonyms('a secret of thirty-two characters or more');
const anna = 'anna@example.com';

/** Rows of the table: where, as it is, with hmac, forget. */
const rows = [...page.matchAll(/^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$/gmu)]
  .map(([, where = '', plain = '', hmac = '', forget = '']) => ({ where, plain, hmac, forget }))
  .filter(({ where }) => where !== 'where' && !where.startsWith('---'));

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

/** What the page says of a column of an event type. */
function saidOf({ name }: EventDefinition, column: string) {
  return rows.find(({ where }) => {
    const [, named = '', types = ''] = /^`(\w+)` of ([\w ]+)/u.exec(where) ?? [];
    return named === column && (types === 'all events' || types.split(' and ').includes(name));
  });
}

function typed(definition: EventDefinition, isHmac: boolean): PageColumns {
  const columns = createColumnPage(definition, {
    ...{ accountId: 1, jobId: 1 },
    pseudonyms: isHmac ? pseudonyms : undefined,
  });
  const values = requestedProperties(definition).map((property) => {
    if (property === 'EventDate') return '2026-07-01T00:00:00';
    if (property === 'SubscriberKey') return anna;
    const column = Object.values(definition.columns).find((one) => one.property === property);
    return column?.kind === 'text' ? probe : column?.kind === 'integer' ? '4711' : null;
  });
  columns.append(values);
  return columns.finish();
}

const probe = `about ${anna} and ben%40example.com`;

function textOf({ columns }: PageColumns, name: string): string | null {
  const column = columns.get(name);
  if (column === undefined || column.nulls[0] === 1) return null;
  return column.kind === 'text' ? textAt(column, 0) : column.kind === 'integer' ? String(column.low[0]) : '';
}

describe('details of events', () => {
  it.each(['open', 'click', 'unsub', 'not_sent', 'complaint'])(
    'of %s are stored as the page says',
    (name) => {
      for (const [column, { person }] of Object.entries(detailColumns({ name }))) {
        const said = rows.find(({ where }) => where === `\`${column}\` of \`tracking.extract_details\``);
        expect({ column, said: said?.hmac }).toEqual({
          column,
          said: person === 'id' ? 'not stored' : person === 'text' ? 'without addresses' : undefined,
        });
      }
    },
  );
});

describe.each(eventCatalog.map((definition) => ({ name: definition.name, definition })))(
  'columns of $name',
  ({ definition }) => {
    it.each(Object.entries(definition.columns).map(([column, { kind }]) => ({ column, kind })))(
      '$column is stored as the page says',
      ({ column, kind }) => {
        if (kind !== 'text' && column !== 'subscriber_id') return;
        const said = saidOf(definition, column);
        const [plain, hmac] = [typed(definition, false), typed(definition, true)].map((one) =>
          textOf(one, column),
        );
        const isKey = column === 'subscriber_key';
        switch (said?.hmac ?? 'no person') {
          case 'hashed':
            expect([plain, hmac]).toEqual([isKey ? anna : probe, pseudonyms.keyOf(plain ?? '')]);
            break;
          case 'not stored':
            expect([plain, hmac]).toEqual(['4711', null]);
            break;
          case 'without addresses':
            expect([plain, hmac]).toEqual([probe, `about ${pseudonyms.keyOf(anna)} and [address]`]);
            break;
          default:
            // No person: named below the table, or the word of bounce_kind, and as sent in both modes.
            expect([plain, hmac]).toEqual([probe, probe]);
            expect(column === 'bounce_kind' || page.includes(`\`${column}\``)).toBe(true);
        }
      },
    );
  },
);

it('names every table that has a column with the key or the id of a person', async () => {
  const { rows: tables } = await store.pool.query<{ name: string }>(
    `select distinct table_schema || '.' || table_name as name from information_schema.columns
     where table_schema in ('tracking', 'pipeline', 'bi') and column_name in ('subscriber_key', 'subscriber_id', 'opt_in_subscriber_key')
       and table_name in (select tablename from pg_tables) and table_name not like '%\\_events%'`,
  );
  const missing = tables.map(({ name }) => name).filter((name) => !page.includes(`\`${name}\``));
  expect(missing.filter((name) => name !== 'tracking.machine_events')).toEqual([]);
});

it('keeps of a line that could not be read what the page says', () => {
  const header = ['SendID', 'SubscriberKey', 'EmailAddress', 'SubscriberID', 'BounceReason', 'IpAddress'];
  const line = {
    line: 2,
    fields: ['x', anna, anna, '4711', `no ${anna}`, '192.0.2.1'],
    reason: 'SendID is not an integer',
  };
  expect(rows.find(({ where }) => where.includes('from files'))?.plain).toBe(
    'the line without EmailAddress, SubscriberID and IpAddress',
  );
  expect(lineHider(header, undefined)(line).fields).toEqual(['x', anna, '', '', `no ${anna}`, '']);
  const hash = pseudonyms.keyOf(anna);
  expect(lineHider(header, pseudonyms)(line).fields).toEqual(['x', hash, '', '', `no ${hash}`, '']);

  const device = lineHider(['Browser', 'City'], undefined, (column) => isDetail(open, column));
  expect(device({ ...line, fields: ['Chrome', 'Berlin'] }).fields).toEqual(['', '']);

  const damaged = { line: 3, fields: [], text: `1,${anna}`, reason: 'wrong number of fields' };
  expect(rows.find(({ where }) => where.includes('cannot be split'))?.hmac).toBe('not stored');
  expect(lineHider(header, undefined)(damaged).text).toBe(damaged.text);
  expect(lineHider(header, pseudonyms)(damaged).text).not.toContain(anna);
});

it('says what forget does with each, and every row of the table has four cells', () => {
  expect(rows.length).toBeGreaterThan(12);
  for (const { forget } of rows)
    expect(forget).toMatch(/^(erased|the person is taken off|one row is added|stays)$/u);
});
