import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { makeAnalystWorld } from '../../support/analysts/analyst-world.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';

const folder = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'queries');
const names = readdirSync(folder).filter((file) => file.endsWith('.sql'));
let store: Store;

beforeAll(async () => {
  store = await openStore();
  await makeAnalystWorld(store.pool);
});
afterAll(() => store.close());

/** The answer to each question in the world of the test, as Postgres prints it in UTC. */
const answers: Readonly<Record<string, readonly string[]>> = {
  '01-resend-list': ['cy@beta.example 2026-10-24T19:00:00+00:00'],
  '02-ignored-last-sends': ['cy@beta.example'],
  '03-sunset': ['cy@beta.example 2026-10-24T19:00:00+00:00 –'],
  '04-opened-never-clicked': ['bob@alpha.example'],
  '05-job-performance': [
    '10 Newsletter Spring 5 3 3 2 0.6667 0.3333',
    '20 Welcome Hello 3 3 1 1 0.5000 0.0000',
    '21 Welcome Hello 1 1 1 0 0.0000 0.0000',
    '11 Newsletter Autumn 3 3 2 1 0.5000 0.0000',
  ],
  '06-one-row-per-recipient': [
    'ann@alpha.example 0 2026-03-28T20:00:00+00:00 2026-03-28T21:00:00+00:00 2026-03-28T21:05:00+00:00 – – –',
    'bob@alpha.example 0 2026-03-28T20:00:00+00:00 2026-03-28T20:00:02+00:00 2026-03-28T20:00:03.1+00:00 – – –',
    'cy@beta.example 0 2026-03-28T20:00:00+00:00 – – 2026-03-28T20:02:00+00:00 SoftBounce –',
    'dee@beta.example 0 2026-03-28T20:00:00+00:00 – – 2026-03-28T20:01:30+00:00 HardBounce –',
    'eve 0 2026-03-28T20:00:00+00:00 2026-03-29T00:00:00+00:00 – – – 2026-03-29T01:00:00+00:00',
  ],
  '07-opens-by-hour-of-day': ['1 0 1', '7 2 1', '7 23 1'],
  '08-hours-since-send': ['0 0 0 1', '1 1 2 2', '4 1 0 3', '30 1 1 3'],
  '09-time-to-open': ['02:30:00 03:42:00 01:05:00'],
  '10-click-map': [
    'hero 3 2 2 0.6667',
    'offer 2 2 1 0.3333',
    'shop 1 1 0 0.0000',
    'blog 1 1 0 0.0000',
    'imprint 1 1 0 0.0000',
  ],
  '11-clicks-per-person': ['ann@alpha.example 3 2', 'bob@alpha.example 5 5'],
  '12-worst-domains': ['beta.example 2 1 1 0 0 1.0000', 'alpha.example 2 0 0 0 0 0.0000'],
  '13-bouncers-to-suppress': [
    'cy@beta.example soft 2026-03-28T20:06:00+00:00',
    'dee@beta.example hard 2026-03-28T20:01:30+00:00',
  ],
  '14-blocks-per-hour': ['2026-03-28T20:00:00+00:00 beta.example 554 3 1'],
  '15-unsubscribes': ['2026-03-29 10 everything eve 1'],
  '16-journey-emails': ['welcome Welcome mail 4 2 1 0.5000'],
  '17-fatigue': ['ann@alpha.example 2'],
  '18-engagement-segments': [
    'ann@alpha.example 0-30',
    'bob@alpha.example 0-30',
    'cy@beta.example never',
    'dee@beta.example never',
  ],
  '19-subject-lines': ['Autumn 3 2 0.6667 0.1332 1.0000', 'Spring 3 2 0.6667 0.1332 1.0000'],
  '20-server-day': ['click 1', 'open 1', 'sent 3'],
  '21-monthly-active-people': ['2026-03-01 2', '2026-06-01 2', '2026-10-01 2'],
  '22-newsletters-of-a-month': ['11 Newsletter Autumn 3 2'],
};

it('every question has an answer', () => {
  expect(names.map((file) => path.parse(file).name)).toEqual(Object.keys(answers));
});

it.each(names)('%s', async (file) => {
  const query = readFileSync(path.join(folder, file), 'utf8').trim().replace(/;$/u, '');
  const { rows } = await store.pool.query<{ line: string }>(
    `select array_to_string(array(select value from json_each_text(row_to_json(result))), ' ', '–') as line from (${query}) as result`,
  );
  expect(rows.map(({ line }) => line)).toEqual(answers[path.parse(file).name]);
});
