import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { eventFile, type ExtractedType, type ExtractForm } from '../../../../simulator/extract/event-file.ts';
import { toCentralText } from '../../../../simulator/soap/central-text.ts';
import type { TruthEvent } from '../../../../simulator/world/truth.ts';
import { openPrivacy } from '../../../../src/pipeline/privacy.ts';
import { createColumnPage } from '../../../../src/columns/page.ts';
import { findEventDefinition } from '../../../../src/events/catalog.ts';
import { requestedProperties } from '../../../../src/events/define-event.ts';
import { commitPage, pageToCommit } from '../../../../src/pipeline/extraction/commit-page.ts';
import { importExtract } from '../../../../src/pipeline/import/import-extract.ts';
import { createImportProgress } from '../../../../src/pipeline/import/import-progress.ts';
import { takeTasks } from '../../../../src/store/ledger/task-ledger.ts';
import { createEventLoader } from '../../../../src/store/load/event-loader.ts';
import { createPartitionKeeper, type PartitionKeeper } from '../../../../src/store/load/partitions.ts';
import { openProcessSession, type ProcessSession } from '../../../../src/store/connection/session.ts';
import { openStore, plantTask, type Store } from '../../../support/stored/ledger.ts';
import { accountId, eventOf } from '../../../support/simulator.ts';

let store: Store;
let session: ProcessSession;
let partitions: PartitionKeeper;
let folder: string;
const now = () => new Date();

beforeAll(async () => {
  store = await openStore();
  partitions = createPartitionKeeper(store);
  session = await openProcessSession(store.url, { command: 'test', host: 'test', pid: 1 });
  folder = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-import-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await session.end();
  await store.close();
});

/** To truncate makes new files for every month and index, many times the work of deleting so few rows. */
async function forgetEverything(type: ExtractedType): Promise<void> {
  const tables = [`tracking.${type}_events`, 'tracking.extract_details'];
  tables.push('pipeline.file_event_types', 'pipeline.extract_tasks');
  await store.pool.query(tables.map((table) => `delete from ${table}`).join(';'));
}

/** A file with these events, imported. */
async function importEvents(
  type: ExtractedType,
  events: readonly TruthEvent[],
  form: ExtractForm,
): Promise<void> {
  const { name, content } = eventFile(type, events, form);
  const file = path.join(folder, name);
  writeFileSync(file, content);
  await importExtract(
    { path: file, timeZone: undefined, accountId: undefined },
    {
      ...{ pool: store.pool, session, now, partitions, retention: new Map() },
      keepsDetails: true,
      privacy: await openPrivacy(store.pool, undefined),
      progress: createImportProgress(now, () => undefined),
      onNotice: () => undefined,
      signal: new AbortController().signal,
    },
  );
}

/** A task of SOAP that was claimed, and loads pages whenever it is called. */
async function claimTask(
  type: ExtractedType,
  jobId: number,
): Promise<(events: readonly TruthEvent[]) => Promise<void>> {
  const definition = findEventDefinition(type);
  if (definition === undefined) throw new Error(type);
  const taskId = await plantTask(store.pool, { accountId, jobId, eventType: type, origin: 'backfill' });
  const queueJobId = '00000000-0000-4000-8000-000000000000';
  const task = (await takeTasks(store.pool, [{ taskId, queueJobId }], 1)).get(taskId);
  if (task === undefined) throw new Error('not taken');
  const deps = {
    pool: store.pool,
    loader: createEventLoader(),
    partitions,
    privacy: await openPrivacy(store.pool, undefined),
    now,
  };
  const { mergesFiles, privacyVersion } = task;
  const insertMode = { conflictsLeft: 0, rules: { mergesFiles, privacyVersion } };
  return async (events) => {
    const page = createColumnPage(definition, { accountId, jobId });
    for (const event of events) page.append(valuesOf(requestedProperties(definition), event));
    const arrived = {
      ...{ page: page.finish(), requestId: 'r', isLast: false, recordCount: events.length },
      ...{ bytes: 0, durationMs: 0, serverTime: undefined },
    };
    await commitPage(pageToCommit(task, definition, arrived, 1), deps, insertMode);
  };
}

const texts: Readonly<Record<string, (event: TruthEvent) => string | number | null>> = {
  'Client.ID': (event) => event.accountId,
  EventDate: ({ occurredAt }) => toCentralText(occurredAt),
  SendID: (event) => event.jobId,
  BatchID: ({ batchId }) => batchId,
  SubscriberKey: ({ subscriberKey }) => subscriberKey,
  ListID: ({ listId }) => listId,
  URLID: ({ urlId }) => urlId,
  URL: ({ url }) => url,
};

function valuesOf(properties: readonly string[], event: TruthEvent): (string | null)[] {
  return properties.map((property) => {
    const value = texts[property]?.(event) ?? null;
    return value === null ? null : String(value);
  });
}

/** One page of these events, as SOAP brings it. */
async function loadBySoap(type: ExtractedType, events: readonly TruthEvent[], jobId: number): Promise<void> {
  const load = await claimTask(type, jobId);
  await load(events);
}

const jobId = 1201;
const links = [
  { urlId: 5, url: 'https://example.com/a' },
  { urlId: 6, url: 'https://example.com/b' },
];
const start = Date.UTC(2026, 6, 1, 5, 59, 58);

/** Few people, seconds and links, so that twins are frequent; no two events are the same to the millisecond. */
const worlds = (type: ExtractedType) =>
  fc
    .uniqueArray(
      fc.record({
        person: fc.integer({ min: 0, max: 1 }),
        at: fc.constantFrom(0, 3, 497, 1000, 1003, 1500),
        link: fc.integer({ min: 0, max: 1 }),
        list: fc.integer({ min: 1, max: 2 }),
        batchId: fc.constantFrom(1, 2),
      }),
      {
        minLength: 1,
        maxLength: 12,
        selector: ({ person, at, link, list, batchId }) =>
          [person, at, batchId, type === 'click' ? link : 0, type === 'sent' ? list : 0].join(),
      },
    )
    .map((specs) =>
      specs.map(({ person, at, link, list, batchId }) =>
        eventOf(jobId, {
          ...{ subscriberKey: `person-${person}`, occurredAt: start + at, batchId },
          ...(type === 'click' ? links[link] : {}),
          ...(type === 'sent' ? { listId: list } : {}),
          properties: { Device: `device ${[person, at, link, list, batchId].join('.')}` },
        }),
      ),
    );

interface Step {
  readonly road: 'soap' | 'file' | 'exact file';
  /** Bits of the events that are in the page or the file. */
  readonly part: number;
  readonly listBatchId: 0 | 1;
}

const steps = fc.array(
  fc.record<Step>({
    road: fc.constantFrom('soap' as const, 'file' as const, 'exact file' as const),
    part: fc.oneof(fc.constant(0xffff), fc.integer({ min: 1, max: 0xffff })),
    listBatchId: fc.constantFrom(0, 1),
  }),
  { minLength: 1, maxLength: 5 },
);

const groupOf = ({ subscriberKey, occurredAt, batchId, urlId, listId }: TruthEvent) =>
  [subscriberKey, Math.floor(occurredAt / 1000), batchId === 1 ? 0 : batchId, urlId, listId].join();

async function storedRows(type: ExtractedType) {
  const urlId = type === 'click' ? 'url_id' : 'null::bigint as url_id';
  const listId = type === 'sent' ? 'list_id' : 'null::bigint as list_id';
  const { rows } = await store.pool.query<{
    key: string;
    ms: number;
    batch_id: number;
    url_id: number | null;
    list_id: number | null;
    file_digits: number | null;
  }>(
    `select subscriber_key as key, (extract(epoch from occurred_at) * 1000)::float8 as ms, batch_id, ${urlId}, ${listId},
            file_digits from tracking.${type}_events`,
  );
  return rows.map(({ key, ms, batch_id, url_id, list_id, file_digits }) => ({
    event: eventOf(jobId, {
      subscriberKey: key,
      occurredAt: ms,
      batchId: batch_id,
      urlId: url_id,
      listId: list_id,
    }),
    fileDigits: file_digits,
  }));
}

/** Details as a file said them: what the events of each group have, and which are to the millisecond. */
class KnownDetails {
  readonly #most = new Map<string, number>();
  readonly #exact = new Map<string, string>();

  add(events: readonly TruthEvent[], isExact: boolean): void {
    for (const [group, members] of Map.groupBy(events, groupOf))
      if (!isExact) this.#most.set(group, Math.max(this.#most.get(group) ?? 0, members.length));
    if (isExact) for (const event of events) this.#exact.set(detailKey(event), groupOf(event));
  }

  counts(): [group: string, count: number][] {
    const counts = new Map(this.#most);
    for (const [group, members] of Map.groupBy(this.#exact.values(), (group) => group))
      counts.set(group, Math.max(counts.get(group) ?? 0, members.length));
    return [...counts].toSorted();
  }

  exact(): string[] {
    return [...this.#exact.keys()].toSorted();
  }
}

const detailKey = (event: TruthEvent) =>
  [groupOf({ ...event, listId: null }), event.occurredAt, event.properties?.['Device']].join();

/** Details by the event that they are joined with. To the millisecond are those of an event that is. */
async function joinedDetails(type: ExtractedType) {
  const isSameLink = type === 'click' ? 'and event.url_id = joined.url_id' : '';
  const { rows } = await store.pool.query<{
    key: string;
    ms: number;
    batch_id: number;
    url_id: number | null;
    device: string;
    isExact: boolean;
  }>(
    `select joined.subscriber_key as key, (extract(epoch from joined.occurred_at) * 1000)::float8 as ms, joined.batch_id,
            joined.url_id, joined.device, exists (
              select from tracking.extract_details as details
              where details.occurred_at = joined.occurred_at and details.device = joined.device and details.file_digits > 0
            ) and exists (
              select from tracking.${type}_events as event
              where event.occurred_at = joined.occurred_at and event.subscriber_key = joined.subscriber_key
                and event.batch_id = joined.batch_id ${isSameLink} and event.file_digits is distinct from 0
            ) as "isExact"
     from bi.event_details as joined`,
  );
  return rows.map(({ key, ms, batch_id, url_id, device, isExact }) => ({
    isExact,
    event: eventOf(jobId, {
      ...{
        subscriberKey: key,
        occurredAt: ms,
        batchId: batch_id,
        urlId: url_id,
        properties: { Device: device },
      },
    }),
  }));
}

async function expectDetails(type: ExtractedType, known: KnownDetails): Promise<void> {
  const rows = await joinedDetails(type);
  const groups = Map.groupBy(rows, ({ event }) => groupOf(event));
  expect([...groups].map(([group, list]) => [group, list.length]).toSorted()).toEqual(known.counts());
  expect(
    rows
      .filter(({ isExact }) => isExact)
      .map(({ event }) => detailKey(event))
      .toSorted(),
  ).toEqual(known.exact());
  // A row of a file to the second and one of SOAP at its beginning differ by their BatchID alone.
  const events = rows.map(({ event }) => [groupOf(event), event.occurredAt, event.batchId].join());
  expect(new Set(events).size).toBe(events.length);
  const { rows: stored } = await store.pool.query('select from tracking.extract_details');
  expect(stored).toHaveLength(rows.length);
}

const exactKey = (event: TruthEvent) => [groupOf(event), event.occurredAt, event.listId].join();

describe.each(['open', 'click', 'sent'] as const)('%s events that both SOAP and files bring', (type) => {
  it('are one row each, whatever comes first and however often, and twins stay twins', async () => {
    await fc.assert(
      fc.asyncProperty(worlds(type), steps, async (events, roads) => {
        await forgetEverything(type);
        const bySoap = new Set<string>();
        const exact = new Set<string>();
        const most = new Map<string, number>();
        const details = new KnownDetails();
        for (const { road, part, listBatchId } of roads) {
          const chosen = events.filter((_, index) => (part & (1 << index)) !== 0);
          if (chosen.length === 0) continue;
          if (road === 'soap') {
            await loadBySoap(type, chosen, jobId);
            for (const event of chosen) bySoap.add(exactKey(event));
          } else {
            const milliseconds = road === 'exact file';
            await importEvents(type, chosen, { milliseconds, listBatchId, details: true });
            if (type !== 'sent') details.add(chosen, milliseconds);
          }
          if (road !== 'file') for (const event of chosen) exact.add(exactKey(event));
          for (const [group, members] of Map.groupBy(chosen, groupOf))
            most.set(group, Math.max(most.get(group) ?? 0, members.length));
        }
        for (const [group, members] of Map.groupBy(
          events.filter((event) => exact.has(exactKey(event))),
          groupOf,
        ))
          most.set(group, Math.max(most.get(group) ?? 0, members.length));
        const rows = await storedRows(type);
        const counts = new Map(
          [...Map.groupBy(rows, ({ event }) => groupOf(event))].map(([group, list]) => [group, list.length]),
        );
        expect(new Map([...counts].toSorted())).toEqual(new Map([...most].toSorted()));
        const read = rows.filter(({ fileDigits }) => fileDigits === null).map(({ event }) => exactKey(event));
        expect(read.toSorted()).toEqual([...bySoap].toSorted());
        const precise = rows.filter(({ fileDigits }) => fileDigits !== 0).map(({ event }) => exactKey(event));
        expect(precise.toSorted()).toEqual([...exact].toSorted());
        await expectDetails(type, details);
      }),
      { numRuns: 40, examples: type === 'open' ? atTheBeginning : [] },
    );
  });
});

/** Opens of one person within a second. */
function opensAt(...specs: readonly (readonly [at: number, batchId: number])[]): TruthEvent[] {
  return specs.map(([at, batchId]) =>
    eventOf(jobId, {
      ...{ subscriberKey: 'person-0', occurredAt: start + at, batchId },
      properties: { Device: `device ${at} of batch ${batchId}` },
    }),
  );
}

/** A file to the second brings them first; then one at the beginning of the second comes in other words. */
const atTheBeginning: [TruthEvent[], Step[]][] = [
  [
    opensAt([0, 1], [3, 1]),
    [
      { road: 'file', part: 3, listBatchId: 0 },
      { road: 'soap', part: 1, listBatchId: 0 },
    ],
  ],
  [
    opensAt([0, 1], [3, 1]),
    [
      { road: 'file', part: 3, listBatchId: 0 },
      { road: 'exact file', part: 1, listBatchId: 1 },
    ],
  ],
  [
    opensAt([0, 1], [3, 1]),
    [
      { road: 'file', part: 3, listBatchId: 1 },
      { road: 'exact file', part: 1, listBatchId: 0 },
      { road: 'soap', part: 1, listBatchId: 0 },
    ],
  ],
  [
    opensAt([497, 1], [0, 2], [0, 1], [3, 1]),
    [
      { road: 'file', part: 15, listBatchId: 0 },
      { road: 'exact file', part: 7, listBatchId: 1 },
    ],
  ],
];

describe('a task that was claimed before a file of its events was imported', () => {
  it('makes way for its pages all the same, from the first one after the import began', async () => {
    await forgetEverything('open');
    const events = [0, 497, 1000].map((at) =>
      eventOf(jobId, { occurredAt: start + at, subscriberKey: 'anna' }),
    );
    const [first, ...rest] = events;
    if (first === undefined) throw new Error('no event');
    const load = await claimTask('open', jobId);
    await load([first]);
    await importEvents('open', events, {});
    expect((await storedRows('open')).map(({ fileDigits }) => fileDigits).toSorted()).toEqual([0, 0, null]);
    await load(rest);
    const rows = await storedRows('open');
    expect(rows.map(({ event }) => exactKey(event)).toSorted()).toEqual(events.map(exactKey).toSorted());
    expect(rows.every(({ fileDigits }) => fileDigits === null)).toBe(true);
  });
});
