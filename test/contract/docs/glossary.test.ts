import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { openStore, type Store } from '../../support/stored/ledger.ts';
import { logMessagesIn } from '../../support/documents/log-messages.ts';
import { findPhrases, markedIn, tableUnder } from '../../support/documents/words.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8');
const filesIn = (folder: string) =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'));

const glossary = textOf('docs/glossary.md');
const bannedPhrases = tableUnder(glossary, 'Words we do not use').flatMap(([not = '']) => markedIn(not));
const terms = ['Marketing Cloud’s side', 'What is read, and how far', 'Our work']
  .flatMap((heading) => tableUnder(glossary, heading))
  .map(([term = '', , notCalled = '']) => ({
    term: term.replaceAll('*', ''),
    notCalled: markedIn(notCalled),
  }));
const wrongNames = terms.flatMap(({ notCalled }) => notCalled);

/** What a log line or a metric may speak of: a term, or a word that means here what it means everywhere. */
const subjects = [
  ...terms.map(({ term }) => term),
  ...[
    'task',
    'status',
    'data',
    'service',
    'schedule',
    'session',
    'token',
    'database',
    'queue',
    'process',
    'credential',
  ],
  ...['processes', 'completed', 'complete'],
].flatMap((subject) => [subject, `${subject}s`]);

// The names of a style sheet are those of CSS.
const code = [...filesIn('src'), ...filesIn('simulator')].filter((file) => !file.endsWith('.css'));
const texts = filesIn('docs').filter((file) => !file.endsWith('.png'));
const documents = [...texts, 'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docker-compose.yml'];

/** Where a word stands for something else. Each of these must be needed: one that finds nothing fails. */
const exceptions = [
  {
    phrase: 'answer*',
    where: /^(?:src\/(?:events\/survey|bi\/.+)|simulator\/(?:soap\/objects|world\/.+))\.\w+$/u,
    because: 'a survey has answers: `Answer` of the API, `answer` of tracking.survey_events',
  },
  {
    phrase: 'answer*',
    where: /^docs\/(?:decisions\/00(?:16|31)-.+|data-dictionary.md|privacy.md)/u,
    because: 'names the column `answer` of tracking.survey_events, or the word itself',
  },
  {
    phrase: 'nobody',
    where: /^(?:src\/store\/embedded\/.+|docs\/decisions\/0007-.+)$/u,
    because: 'a user of Unix, as which Postgres may run',
  },
  {
    phrase: 'event stream',
    where: /^src\/operations\/http\/routes\.ts$/u,
    because: 'the media type of server-sent events',
  },
];

interface Place {
  readonly file: string;
  readonly phrase: string;
  readonly line: number;
  readonly as: string;
}

const placesOf = (files: readonly string[], phrases: readonly string[]): Place[] =>
  files.flatMap((file) =>
    [
      ...findPhrases(wordTextOf(file), phrases),
      ...findPhrases(file, phrases).map((found) => ({ ...found, line: 0 })),
    ].map((found) => ({ file, ...found })),
  );

/** Without the glossary's own list of the words. */
function wordTextOf(file: string): string {
  return file === 'docs/glossary.md'
    ? glossary.replace(/^## Words we do not use$[^]*/mu, '').replaceAll(/^\|.*\|$/gmu, '')
    : textOf(file);
}

const isExcepted = ({ file, phrase }: Place) =>
  exceptions.some((exception) => exception.phrase === phrase && exception.where.test(file));
const shown = ({ file, line, as }: Place) => `${file}:${line}: ${as}`;

describe('a banned word', () => {
  it.each([
    ['a word', 'the bell rings', ['bell']],
    ['any case', 'The Bell', ['bell']],
    ['an identifier in camel case', 'const patienceMs = 5;', ['patience']],
    ['a type', 'class Pursuit {}', ['pursu*']],
    ['a constant', 'const MAX_PATIENCE = 1;', ['patience']],
    ['a column', 'select at_work from processes', ['at work']],
    ['a file name', "from './follow-up.ts'", ['follow up']],
    ['a phrase over two lines of a comment', ' * what it has in\n * hand', ['in hand']],
    ['a phrase over two lines of a document', 'the task is put\ndown', ['put down']],
    ['any ending', 'answered, answers', ['answer*', 'answer*']],
  ])('is found as %s', (_, text, expected) => {
    expect(findPhrases(text, bannedPhrases).map(({ phrase }) => phrase)).toEqual(expected);
  });

  it.each([
    ['part of another word', 'a doorbell, a dutiful impatience'],
    ['two words with a full stop between', 'It is put. Down it goes.'],
    ['two words of two identifiers', 'put(down)'],
  ])('is not found as %s', (_, text) => {
    expect(findPhrases(text, bannedPhrases)).toEqual([]);
  });

  it('is found with its line', () => {
    const [found] = findPhrases('one\ntwo\nthe bell', ['bell']);
    expect(found).toEqual({ phrase: 'bell', line: 3, as: 'bell' });
  });

  it('stands nowhere in the code and the documents', () => {
    const places = placesOf([...code, ...documents], bannedPhrases);
    expect(places.filter((place) => !isExcepted(place)).map(shown)).toEqual([]);
  });

  it.each(exceptions)('is excepted only where it is needed: $phrase, $because', ({ phrase, where }) => {
    const files = [...code, ...documents].filter((file) => where.test(file));
    expect(placesOf(files, [phrase])).not.toEqual([]);
  });
});

describe('a term of the glossary', () => {
  const everything = [...code, ...documents.filter((file) => file !== 'docs/glossary.md')];

  it('is one of about forty, each once', () => {
    expect(terms.length).toBeGreaterThan(30);
    expect(terms.map(({ term }) => term)).toEqual([...new Set(terms.map(({ term }) => term))]);
  });

  it.each(terms)('is in use: $term', ({ term }) => {
    expect(placesOf(everything, [term, `${term}s`])).not.toEqual([]);
  });

  it('has no second name in the code', () => {
    const places = placesOf(code, wrongNames);
    expect(places.filter((place) => !isExcepted(place)).map(shown)).toEqual([]);
  });

  it.each([
    ['slot', 'one request in flight', /^src\/(?:columns|events|dimensions|marketing-cloud)\//u],
    ['gate', 'whether requests may be sent', /^src\/(?:columns|events|dimensions|marketing-cloud\/re\w+)\//u],
    ['watermark', 'what has been committed', /^src\/(?:columns|dimensions|marketing-cloud)\//u],
    ['fence', 'the owner of a task', /^src\/(?:columns|events|dimensions|marketing-cloud)\//u],
  ])('means one thing: %s is %s, and is no word where that is unknown', (term, _, where) => {
    const files = code.filter((file) => where.test(file));
    expect(placesOf(files, [term, `${term}s`]).map(shown)).toEqual([]);
  });

  it('means one thing: a batch is Marketing Cloud’s, never a group of rows', () => {
    const files = code.filter((file) => /^src\/(?!events\/|bi\/)/u.test(file));
    const isAt = ({ file, line }: Place) => `${file}:${line}`;
    const ofMarketingCloud = new Set(
      placesOf(files, ['batch id', 'batch ids', 'batch size', 'batch ordinal', 'since last batch']).map(isAt),
    );
    const places = placesOf(files, ['batch', 'batches']).filter(
      (place) => !ofMarketingCloud.has(isAt(place)),
    );
    expect(places.map(shown)).toEqual([]);
  });

  it.each(code.flatMap((file) => logMessagesIn(textOf(file)).map((message) => ({ file, message }))))(
    'is what each log line speaks of: $message',
    ({ message }) => {
      expect(findPhrases(message, subjects)).not.toEqual([]);
    },
  );

  it('is what each metric speaks of', () => {
    const names = [...textOf('src/operations/http/metrics.ts').matchAll(/'([a-z]+(?:_[a-z]+)+)'/gu)]
      .map(([, name = '']) => name)
      .filter((name) => !['account_id', 'event_type'].includes(name));
    expect(names).not.toEqual([]);
    expect(names.filter((name) => findPhrases(name, subjects).length === 0)).toEqual([]);
  });
});

describe('the database', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore();
  });
  afterAll(() => store.close());

  it('has the task states of the glossary, and no others', async () => {
    const { rows } = await store.pool.query<{ definition: string }>(
      `select pg_get_constraintdef(oid) as definition from pg_constraint
       where conrelid = 'pipeline.extract_tasks'::regclass and conname = 'extract_tasks_state_check'`,
    );
    const states = [...(rows[0]?.definition ?? '').matchAll(/'(\w+)'/gu)].map(([, state]) => state);
    const named = tableUnder(glossary, 'Task states').flatMap(([state = '']) => markedIn(state));
    expect(named.toSorted()).toEqual(states.toSorted());
  });

  it('names and describes its tables and columns in these words', async () => {
    const { rows } = await store.pool.query<{ name: string; comment: string | null }>(
      `select concat_ws('.', relnamespace::regnamespace, relname, attname) as name,
              col_description(class.oid, attnum) as comment
       from pg_class as class join pg_attribute on attrelid = class.oid and attnum > 0 and not attisdropped
       where relnamespace in ('tracking'::regnamespace, 'pipeline'::regnamespace, 'bi'::regnamespace)
         and relkind in ('r', 'p', 'v') and not relispartition
       union all
       select concat_ws('.', relnamespace::regnamespace, relname), obj_description(oid, 'pg_class')
       from pg_class
       where relnamespace in ('tracking'::regnamespace, 'pipeline'::regnamespace, 'bi'::regnamespace)
         and relkind in ('r', 'p', 'v') and not relispartition`,
    );
    const wrong = rows
      .filter(({ name, comment }) => !/survey|\.answer$/u.test(`${name} ${comment ?? ''}`)) // a survey has answers
      .filter(
        ({ name, comment }) =>
          findPhrases(`${name}\n${comment ?? ''}`, [...bannedPhrases, ...wrongNames]).length > 0,
      );
    expect(rows.length).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });

  it('calls no column of ours a bare status', async () => {
    const { rows } = await store.pool.query<{ name: string }>(
      `select table_schema || '.' || table_name as name from information_schema.columns
       where table_schema = 'pipeline' and column_name = 'status'`,
    );
    expect(rows).toEqual([]);
  });
});
