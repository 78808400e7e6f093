import { type Fate, faultCases, pagePlaces, statusCases, tokenCases } from './fault-cases.ts';
import { faultEvents, type SyncEnd } from './fault-run.ts';
import type { SdkEnd } from './fault-sdk.ts';

export interface FaultResult {
  readonly fate: Fate;
  readonly end: SyncEnd;
  /** The next sync, with the fault gone; undefined where nothing was left to do. */
  readonly after: SyncEnd | undefined;
}

/** What was seen of each case, for the page in the documentation. */
export class FaultRecord {
  readonly #results = new Map<string, FaultResult>();

  add(row: string, result: FaultResult): void {
    this.#results.set(row, result);
  }

  find(row: string): FaultResult {
    const found = this.#results.get(row);
    if (found === undefined) throw new Error(`${row} was not run: the page needs the whole table`);
    return found;
  }
}

const introduction = `# Faults, and what becomes of the events

Every row of this page was run: \`sync\` reads ${faultEvents.toLocaleString('en-US')} mails of one job in two windows of five pages from the
simulator, which answers one request, or every such request, in the way named. Then the tables are compared with
what really happened, row by row. Where a run does not bring all, the fault is taken away and \`sync\` runs again.

- **exact**: every event is in its table, once; exit 0.
- **parked**: a span is put aside where \`tasks\` shows it, the watermark stands before it; exit 1. The next sync tries it again.
- **set aside**: one record cannot be read and is kept with its reason (\`rejected\`), all others are loaded; exit 1.
- **waiting**: the gate is closed; what is owed waits, no try is counted; exit 4.
- **refused**: the credentials are refused; what is owed waits; exit 3.
- **told**: the jobs could not be read; the run says so, and loads what is known already; exit 1.

No event is missing behind a watermark, but for a record that was set aside. A clean run makes 12 or 13 Retrieves and asks for no system status.
The table is held by \`test/acceptance/faults.test.ts\`, and written anew by running it with \`WRITE_FAULT_TABLE=1\`.`;

/** The page docs/faults.md, from one run of the whole table. */
export function renderFaultPage(record: FaultRecord, sdk: ReadonlyMap<string, SdkEnd>): string {
  return [
    introduction,
    '## On a page of events, once',
    'The last column is `sfmc-sdk` 2.1.2 with the same fault on a middle page: how many of the events its caller got, and what the caller sees. It makes one attempt here (`requestAttempts: 1`); with more it renews a token that has ended.',
    renderTable(
      ['fault', 'first, middle, last page', 'Retrieves', 'asks status', 'the operator reads', 'sfmc-sdk'],
      faultCases.map(({ name }) => onceRow(name, record, sdk)),
    ),
    '## On every first page, for as long as it lasts',
    'Time-outs strike windows longer than six hours only, the text of 200 MB those longer than a day, as real ones strike what is too broad.',
    renderTable(headings, rowsOf('stays', faultCases, record)),
    '## On the list of jobs, once',
    renderTable(headings, rowsOf('jobs', faultCases, record)),
    '## On the token, once',
    renderTable(headings, rowsOf('token', tokenCases, record)),
    '## On the token, for as long as it lasts',
    renderTable(headings, rowsOf('token-stays', tokenCases, record)),
    '## On GetSystemStatus, once',
    'It is asked because a page was answered by a server fault.',
    renderTable(headings, rowsOf('status', statusCases, record)),
    '## On GetSystemStatus, for as long as it lasts',
    renderTable(headings, rowsOf('status-stays', statusCases, record)),
    '## The system status itself',
    renderTable(headings, rowsOf('system', [{ name: 'InMaintenance' }, { name: 'UnplannedOutage' }], record)),
    '',
  ].join('\n\n');
}

const headings = ['fault', 'events', 'then', 'requests', 'the operator reads'];

function onceRow(name: string, record: FaultRecord, sdk: ReadonlyMap<string, SdkEnd>): string[] {
  const results = pagePlaces.map((page) => record.find(`${page}/${name}`));
  const fates = new Set(results.map(fateText));
  const middle = results[1];
  const other = sdk.get(name);
  return [
    name,
    [...fates].join(' / '),
    results.map(({ end }) => end.requests.retrieve).join(', '),
    (middle?.end.requests.status ?? 0) > 0 ? 'yes' : 'no',
    middle?.end.reads ?? '',
    other === undefined ? '' : `${other.delivered.toLocaleString('en-US')}: ${other.callerSees}`,
  ];
}

function rowsOf(kind: string, cases: readonly { readonly name: string }[], record: FaultRecord): string[][] {
  return cases.map(({ name }) => {
    const result = record.find(`${kind}/${name}`);
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
