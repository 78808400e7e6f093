import { faultCases, pagePlaces, statusCases, tokenCases } from './cases.ts';
import type { SdkEnd } from './read-with-sdk.ts';
import type { FaultRecord, FaultResult } from './record.ts';
import { faultEvents } from './run-sync.ts';

const events = faultEvents.toLocaleString('en-US');

const introduction = `# Faults, and what becomes of the events

Every row of this page is a test. \`sync\` reads ${events} mails of one job in two windows of three pages from the
simulator, and one response, or every such response, has the fault. Then the tables are compared with
the simulator's events, row by row. Where a run does not load everything, \`sync\` runs again without the fault. The
housekeeping after a sync is left out.

- **exact**: every event is in its table, once; exit 0.
- **parked**: a span waits where \`tasks\` shows it, and the watermark is before it; exit 1. The next sync tries it again.
- **set aside**: one record cannot be read and is kept with its reason (\`rejected\`), all others are loaded; exit 1.
- **waiting**: the gate is closed; the tasks wait, and no try is counted; exit 4.
- **refused**: the credentials are refused; the tasks wait; exit 3.
- **reported**: the jobs could not be read; the run says so, and loads what is known already; exit 1.

No event is missing behind a watermark, except for a record that was set aside. A clean run makes 12 Retrieves and
no status call. The tests are in \`test/acceptance/faults/\`; \`scripts/write-fault-pages.ts\` runs them and writes this page.
[The same faults with sfmc-sdk](faults-sfmc-sdk.md).`;

/** The page docs/faults.md, from one run of all cases. */
export function renderFaultPage(record: FaultRecord): string {
  return [
    introduction,
    '## On a page of events, once',
    renderTable(
      ['fault', 'first, middle, last page', 'Retrieves', 'asks status', 'the operator reads'],
      faultCases.map(({ name }) => onceRow(name, record)),
    ),
    '## On every first page',
    'Time-outs apply to windows longer than six hours only, the text of 200 MB to those longer than a day: real ones, too, depend on the size of the window.',
    renderTable(headings, rowsOf('every-first-page', faultCases, record)),
    '## On the list of jobs, once',
    renderTable(headings, rowsOf('job-list', faultCases, record)),
    '## On the token, once',
    renderTable(headings, rowsOf('token', tokenCases, record)),
    '## On every token',
    renderTable(headings, rowsOf('every-token', tokenCases, record)),
    '## On GetSystemStatus, once',
    'It is asked because a page met a server fault.',
    renderTable(headings, rowsOf('system-status', statusCases, record)),
    '## On every GetSystemStatus',
    renderTable(headings, rowsOf('every-system-status', statusCases, record)),
    '## The system status itself',
    renderTable(headings, rowsOf('outage', [{ name: 'InMaintenance' }, { name: 'UnplannedOutage' }], record)),
    '',
  ].join('\n\n');
}

/** The page docs/faults-sfmc-sdk.md. */
export function renderSdkPage(sdk: ReadonlyMap<string, SdkEnd>): string {
  const rows = faultCases.map(({ name }) => {
    const end = sdk.get(name);
    return [name, end?.delivered.toLocaleString('en-US') ?? '', end?.callerSees ?? ''];
  });
  return [
    `# The same faults with sfmc-sdk

\`sfmc-sdk\` 2.1.2 reads the ${events} mails of [the page of faults](faults.md) from the simulator. One middle page has
the fault. The table shows how many events its caller gets, and what the caller sees. It makes one attempt
(\`requestAttempts: 1\`); with more attempts it renews a token that has expired.`,
    renderTable(['fault', 'events', 'the caller sees'], rows),
    '',
  ].join('\n\n');
}

const headings = ['fault', 'events', 'next sync', 'requests', 'the operator reads'];

function onceRow(name: string, record: FaultRecord): string[] {
  const results = pagePlaces.map((place) => record.find(`${place}/${name}`));
  const fates = new Set(results.map(fateText));
  const middle = results[1];
  return [
    name,
    [...fates].join(' / '),
    results.map(({ end }) => end.requests.retrieve).join(', '),
    (middle?.end.requests.status ?? 0) > 0 ? 'yes' : 'no',
    middle?.end.reads ?? '',
  ];
}

function rowsOf(
  section: string,
  cases: readonly { readonly name: string }[],
  record: FaultRecord,
): string[][] {
  return cases.map(({ name }) => {
    const result = record.find(`${section}/${name}`);
    const { retrieve, status, token } = result.end.requests;
    const requests = `${retrieve} Retrieve, ${status} status, ${token} token`;
    const after = result.after === undefined ? '' : fateText({ fate: 'exact', end: result.after });
    return [name, fateText(result), after, requests, result.end.reads];
  });
}

function fateText({ fate, end }: Pick<FaultResult, 'fate' | 'end'>): string {
  const loaded = fate === 'exact' ? '' : `, ${end.loaded.toLocaleString('en-US')} loaded`;
  return `${fate}, exit ${end.exitCode}${loaded}`;
}

function renderTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/([<>_*])/g, '\\$1')).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}
