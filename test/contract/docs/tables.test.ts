import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { openStore, type Store } from '../../support/stored/ledger.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
// A changelog and decisions also name what was removed; the data dictionary is compared with the database as a whole.
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'bench/README.md',
  'bench/RESULTS.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:md|sql)$/u.test(file) && !/^decisions|^data-dictionary/u.test(file))
    .map((file) => `docs/${file}`),
];

/** Not tables: words with a dot that begin like a schema. */
const others = /^tracking\.(?:tgz|yaml|js)$|^pipeline\.staged_N$/u;

let store: Store;
let relations: ReadonlySet<string>;

beforeAll(async () => {
  store = await openStore();
  const { rows } = await store.pool.query<{ name: string }>(
    `select relnamespace::regnamespace || '.' || relname as name from pg_class
     where relnamespace::regnamespace::text in ('tracking', 'bi', 'fivetran', 'pipeline')`,
  );
  relations = new Set(rows.map(({ name }) => name));
});
afterAll(() => store.close());

it.each(pages)('%s names tables and views that the database has', (page) => {
  const text = readFileSync(path.join(root, page), 'utf8');
  const named = Array.from(
    text.matchAll(/(?<![\w@/-])((?:tracking|bi|fivetran|pipeline)\.[a-z_]\w{2,})\b(?!\.)/gu),
    ([, name = '']) => name,
  );
  const missing = named.filter((name) => !relations.has(name) && !others.test(name));
  expect([...new Set(missing)]).toEqual([]);
});

it('would notice a table that is gone', () => {
  expect(relations.has('tracking.sent_events')).toBe(true);
  expect(relations.has('tracking.sent_event')).toBe(false);
});
