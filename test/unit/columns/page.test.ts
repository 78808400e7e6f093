import fc from 'fast-check';
import { valueAt } from '../../support/stored/column-values.ts';
import type { ColumnPageOptions } from '../../../src/columns/page-builder.ts';
import { createColumnPage, type PageColumns } from '../../../src/columns/page.ts';
import { defineEvent, commonEventColumns, type ObjectDefinition } from '../../../src/events/define-event.ts';
import { click } from '../../../src/events/click.ts';
import { open } from '../../../src/events/open.ts';
import { job } from '../../../src/dimensions/job.ts';

type Values = (string | null)[];

const account = 7000001;
const triggeredSendId = '4f1c2f8e-6f0e-4d5a-9d0a-0123456789ab';
const base = {
  'Client.ID': String(account),
  EventDate: '2024-07-01T10:00:00.8',
  SendID: '1543790',
  BatchID: '7',
  SubscriberKey: 'anna@example.com',
};

/** The values of one click; a property given as null or undefined is absent. */
function clickValues(changes: Record<string, string | null> = {}): Values {
  return valuesOf(click, { ...base, URLID: '5', URL: 'https://example.com/', ...changes });
}

function valuesOf(definition: ObjectDefinition, named: Record<string, string | null>): Values {
  return ['Client.ID', ...Object.values(definition.columns).map((column) => column.property)].map(
    (property) => named[property] ?? null,
  );
}

function pageOf(
  records: readonly Values[],
  options: Partial<ColumnPageOptions> = {},
  definition: ObjectDefinition = click,
): PageColumns {
  const page = createColumnPage(definition, { accountId: account, jobId: 42, ...options });
  records.forEach((values) => page.append(values));
  return page.finish();
}

function rowsOf(page: PageColumns): Record<string, unknown>[] {
  return Array.from({ length: page.rowCount }, (_, row) =>
    Object.fromEntries([...page.columns].map(([name, column]) => [name, valueAt(column, row)])),
  );
}

const flag = defineEvent({
  name: 'flag',
  objectType: 'FlagEvent',
  table: 'flag_events',
  columns: {
    ...commonEventColumns,
    is_set: { property: 'IsSet', kind: 'boolean', optional: true },
    label: { property: 'Label', kind: 'text' },
  },
  identity: ['label'],
  overlapMinutes: 0,
  arrival: 'reaction',
  expectedPerSent: 0,
});

describe('a page of columns', () => {
  it('types each value by its column', () => {
    const page = pageOf([
      clickValues({ TriggeredSendDefinitionObjectID: `{${triggeredSendId.toUpperCase()}}` }),
    ]);

    expect(rowsOf(page)).toEqual([
      {
        occurred_at: Date.UTC(2024, 6, 1, 16, 0, 0, 800) * 1000,
        job_id: 1543790n,
        batch_id: 7n,
        triggered_send_id: triggeredSendId,
        subscriber_key: 'anna@example.com',
        url_id: 5n,
        url: 'https://example.com/',
      },
    ]);
    expect(page).toMatchObject({
      rowCount: 1,
      recordCount: 1,
      rejected: [],
      triggeredSendId,
      accountId: account,
    });
  });

  it.each([
    '007',
    '1e5',
    '12345678901234567890',
    '  two leading spaces',
    'tail ',
    'Zoë 🎉',
    '',
    'true',
    'NULL',
    '\\N',
  ])('keeps text exactly as sent: %j', (text) => {
    expect(rowsOf(pageOf([clickValues({ SubscriberKey: text, URL: text })]))).toMatchObject([
      { subscriber_key: text, url: text },
    ]);
  });

  it('reads every integer of 64 bits exactly, as a BigInt does', () => {
    const integers = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt(-70000n, 70000n),
    );
    fc.assert(
      fc.property(fc.array(integers, { minLength: 1, maxLength: 20 }), (all) => {
        const page = pageOf(all.map((value) => clickValues({ URLID: String(value) })));
        expect(rowsOf(page).map((row) => row['url_id'])).toEqual(all);
      }),
    );
  });

  it.each([
    [' 42\n', 42n],
    ['+42', 42n],
    ['-0', 0n],
    ['0000000000000000000000042', 42n],
    ['999999999999999', 999999999999999n],
    ['1000000000000000', 1000000000000000n],
    ['4294967295', 4294967295n],
    ['-4294967296', -4294967296n],
  ])('reads the integer forms of XML Schema: %j', (text, expected) => {
    expect(rowsOf(pageOf([clickValues({ URLID: text })]))).toMatchObject([{ url_id: expected }]);
  });

  it('takes empty numbers, dates and uuids for absent, and empty text for text', () => {
    const page = pageOf([
      clickValues({ BatchID: '', URLID: ' ', TriggeredSendDefinitionObjectID: '', SubscriberKey: '' }),
      clickValues({ BatchID: null, URLID: null, SubscriberKey: null }),
    ]);

    expect(rowsOf(page)).toMatchObject([
      { batch_id: null, url_id: null, triggered_send_id: null, subscriber_key: '' },
      { batch_id: null, url_id: null, triggered_send_id: null, subscriber_key: null },
    ]);
  });

  it.each([
    ['true', true],
    ['1', true],
    ['False', false],
    ['0', false],
    ['', null],
    [null, null],
  ])('reads booleans: %j', (text, expected) => {
    const page = pageOf([valuesOf(flag, { ...base, IsSet: text, Label: 'x' })], {}, flag);
    expect(rowsOf(page)).toMatchObject([{ is_set: expected }]);
  });

  it('fills an absent SendID with the job that was asked for, but never a send’s own id', () => {
    expect(rowsOf(pageOf([clickValues({ SendID: null })]))).toMatchObject([{ job_id: 42n }]);
    expect(pageOf([valuesOf(job, { Subject: 'Hello' })], {}, job).rejected).toMatchObject([
      { reason: 'ID is missing' },
    ]);
  });

  it('reads the placeholder date of an optional column as null', () => {
    const page = pageOf([valuesOf(job, { ID: '9', SentDate: '0001-01-01T00:00:00', Subject: '' })], {}, job);

    expect(rowsOf(page)).toMatchObject([{ job_id: 9n, sent_at: null, subject: '', from_name: null }]);
    expect(page).toMatchObject({
      earliestMicros: undefined,
      latestMicros: undefined,
      triggeredSendId: undefined,
    });
  });

  it('knows its bounds and the last triggered send, and grows past its expected size', () => {
    const records = Array.from({ length: 40 }, (_, index) =>
      clickValues({
        EventDate: `2024-07-01T10:${String((index * 7) % 40).padStart(2, '0')}:00`,
        TriggeredSendDefinitionObjectID: index === 12 ? triggeredSendId : null,
        URLID: String(index),
        URL: `https://example.com/${index}`,
      }),
    );
    const page = pageOf(records, { capacity: 3 });

    expect(page).toMatchObject({
      rowCount: 40,
      earliestMicros: Date.UTC(2024, 6, 1, 16, 0) * 1000,
      latestMicros: Date.UTC(2024, 6, 1, 16, 39) * 1000,
      triggeredSendId,
    });
    expect(rowsOf(page).map((row) => row['url'])).toEqual(records.map((values) => values.at(-1)));
    expect(rowsOf(page)[12]).toMatchObject({ url_id: 12n, triggered_send_id: triggeredSendId });
    expect(rowsOf(page)[13]).toMatchObject({ url_id: 13n, triggered_send_id: null });
  });

  it.each([
    [['7'], 7],
    [['4294967301', '4294967301'], 4_294_967_301],
    [['7', null], undefined],
    [['7', '4294967303'], undefined],
    [['x', '7', '7'], 7],
    [[], undefined],
  ])('knows the job of its rows where it is one: %j', (jobs, jobId) => {
    expect(pageOf(jobs.map((SendID) => clickValues({ SendID }))).jobId).toBe(jobId);
  });

  it('is empty and unbounded without records', () => {
    expect(pageOf([])).toMatchObject({
      rowCount: 0,
      recordCount: 0,
      earliestMicros: undefined,
      latestMicros: undefined,
    });
  });
});

describe('a record that cannot be read', () => {
  const eventsBeforeMicros = Date.UTC(2025, 0, 1) * 1000;
  it.each([
    ['no date', { EventDate: null }, 'EventDate', 'EventDate is missing'],
    ['an empty date', { EventDate: '' }, 'EventDate', 'EventDate is missing'],
    ['an impossible date', { EventDate: '2024-02-30T00:00:00' }, 'EventDate', 'EventDate is not a date'],
    [
      'a placeholder date',
      { EventDate: '0001-01-01T00:00:00' },
      'EventDate',
      'EventDate is a placeholder for no date',
    ],
    ['a date before 2000', { EventDate: '1999-12-31T17:59:59' }, 'EventDate', 'before the year 2000'],
    ['a date in the future', { EventDate: '2024-12-31T18:00:00' }, 'EventDate', 'in the future'],
    ['a number with a fraction', { BatchID: '1.5' }, 'BatchID', 'BatchID is not an integer of 64 bits'],
    [
      'a number past 64 bits',
      { URLID: '9223372036854775808' },
      'URLID',
      'URLID is not an integer of 64 bits',
    ],
    ['a number in words', { SendID: '1e5' }, 'SendID', 'SendID is not an integer of 64 bits'],
    [
      'a broken uuid',
      { TriggeredSendDefinitionObjectID: triggeredSendId.slice(1) },
      'TriggeredSendDefinitionObjectID',
      'not a uuid',
    ],
    [
      'a uuid of other letters',
      { TriggeredSendDefinitionObjectID: triggeredSendId.replace('f', 'g') },
      'TriggeredSendDefinitionObjectID',
      'not a uuid',
    ],
    [
      'U+0000',
      { URL: 'https://example.com/\u0000' },
      'URL',
      'URL holds a character that Postgres cannot store',
    ],
    [
      'half a surrogate pair',
      { SubscriberKey: 'x\ud83d' },
      'SubscriberKey',
      'SubscriberKey holds a character that Postgres cannot store',
    ],
    ['another business unit', { 'Client.ID': '7000002' }, 'Client.ID', 'not the requested business unit'],
    ['a broken business unit', { 'Client.ID': 'x' }, 'Client.ID', 'not the requested business unit'],
  ])('leaves no trace among the rows but its values: %s', (_, changes, property, reason) => {
    const good = [clickValues({ URL: 'first' }), clickValues({ URL: 'last', BatchID: null, URLID: null })];
    const bad = clickValues(changes);
    const page = pageOf([good[0] ?? [], bad, good[1] ?? []], { eventsBeforeMicros });

    expect(rowsOf(page)).toEqual(rowsOf(pageOf(good)));
    expect(page.recordCount).toBe(3);
    expect(page.rejected).toMatchObject([{ property, values: bad }]);
    expect(page.rejected[0]?.reason).toContain(reason);
    expect(page).toMatchObject({ earliestMicros: page.latestMicros });
  });

  it('misses a required text only where it is absent', () => {
    const page = pageOf([valuesOf(flag, base), valuesOf(flag, { ...base, Label: '' })], {}, flag);

    expect(rowsOf(page)).toMatchObject([{ label: '' }]);
    expect(page.rejected).toMatchObject([{ property: 'Label', reason: 'Label is missing' }]);
  });

  it('has no job where neither it nor the question names one', () => {
    expect(pageOf([clickValues({ SendID: null })], { jobId: undefined }).rejected).toMatchObject([
      { property: 'SendID', reason: 'SendID is missing and no job was requested' },
    ]);
  });

  it('may have been found unreadable before, and its values are copied', () => {
    const page = createColumnPage(open, { accountId: account, jobId: 42 });
    const values = valuesOf(open, base);
    page.append(values, { reason: 'a character that XML forbids' });
    values.fill('overwritten');

    expect(page.finish().rejected).toEqual([
      { reason: 'a character that XML forbids', property: undefined, values: valuesOf(open, base) },
    ]);
  });

  it('belongs to another business unit than the first one, where none was expected', () => {
    const page = pageOf(
      [clickValues(), clickValues({ 'Client.ID': null }), clickValues({ 'Client.ID': '5' })],
      {
        accountId: undefined,
      },
    );
    expect(page).toMatchObject({ accountId: account, rowCount: 2, rejected: [{ property: 'Client.ID' }] });
  });
});
