import { loadConfig } from '../../../config/config.ts';
import { ConfigInvalidError } from '../../../errors.ts';
import { accountText } from '../../../operations/account-names.ts';
import { humanCount } from '../../../operations/format.ts';
import { compareArchive } from '../../../pipeline/fetch-extracts/compare-archive.ts';
import { openPrivacy } from '../../../pipeline/privacy.ts';
import { type ExtractEntry, keepFindings } from '../../../store/import/extract-requests.ts';
import { parseComparisonOptions, type RawExtractOptions } from '../../options/range-options.ts';
import type { CommandContext, ExitCode } from '../../context.ts';
import { printJson, printLines } from '../../output.ts';
import { renderTable } from '../../terminal/table.ts';
import { columnsOf } from '../../terminal/terminal.ts';
import { exitCodeOfExtracts, extractRows, type NamedExtractsEnd, waitingLine } from './extract-report.ts';
import { takeExtractRoad } from './extract-road.ts';

/** Compares what SOAP loaded with extracts of the same span, and prints the differences by job and event type. */
export async function runReconcile(raw: RawExtractOptions, context: CommandContext): Promise<ExitCode> {
  const { options, problems } = parseComparisonOptions(raw, context.now());
  const { env, cwd } = context;
  const config = loadConfig(env, { cwd, needs: ['marketing-cloud', 'sftp'], optionProblems: problems });
  const { json, ...wish } = options;
  const end = await takeExtractRoad(
    {
      command: 'reconcile',
      // What is compared is of no use afterwards, here or there.
      wish: { purpose: 'reconcile', ...wish, keepsFiles: false, deletesRemote: true },
      load:
        ({ pool, signal }) =>
        async (archive, entry) => {
          const privacy = await openPrivacy(pool, config.keySecret?.reveal());
          await keepFindings(
            pool,
            entry.requestId,
            await compareArchive(archive, entry, { pool, privacy, signal }),
          );
        },
      finish: () => Promise.resolve(),
    },
    config,
    context,
  );
  const lines = linesOf(end.entries);
  const exitCode = exitCodeOfExtracts(
    end,
    lines.some(({ missing }) => missing > 0),
  );
  if (end.outcome === 'settled' && exitCode === 0 && lines.length === 0) {
    throw new ConfigInvalidError(
      'there is nothing to compare: no event type is complete in this span yet (see bi.freshness), or it has no events',
    );
  }
  const differences = lines.filter(({ missing, surplus }) => missing + surplus > 0);
  if (json) {
    printJson(context.stdout, {
      outcome: end.outcome,
      compared: lines.length,
      differences,
      requests: end.entries,
    });
  } else {
    printLines(context.stdout, describe(end, lines, differences, columnsOf(context.stdout)));
  }
  const waiting = waitingLine(end, config);
  if (waiting !== undefined) printLines(context.stderr, [`sfmc-tracking: ${waiting}`]);
  return exitCode;
}

interface Line {
  readonly accountId: number;
  readonly jobId: number;
  readonly eventType: string;
  readonly extracted: number;
  readonly loaded: number;
  readonly missing: number;
  readonly surplus: number;
}

/** By business unit, job and event type, over all extracts. */
function linesOf(entries: readonly ExtractEntry[]): Line[] {
  const lines = new Map<string, Line>();
  for (const { accountId, findings } of entries) {
    for (const { jobId, eventType, ...counts } of findings ?? []) {
      const key = `${accountId} ${jobId} ${eventType}`;
      const known = lines.get(key);
      lines.set(key, {
        ...{ accountId, jobId, eventType },
        extracted: (known?.extracted ?? 0) + counts.extracted,
        loaded: (known?.loaded ?? 0) + counts.loaded,
        missing: (known?.missing ?? 0) + counts.missing,
        surplus: (known?.surplus ?? 0) + counts.surplus,
      });
    }
  }
  return [...lines.values()];
}

function describe(
  end: NamedExtractsEnd,
  lines: readonly Line[],
  differences: readonly Line[],
  width: number,
): string[] {
  const sum = (name: 'extracted' | 'loaded' | 'missing' | 'surplus') =>
    humanCount(lines.reduce((total, line) => total + line[name], 0));
  const heading = `${humanCount(lines.length)} comparisons of a job and event type: ${sum('extracted')} events in extracts, ${sum('loaded')} loaded by SOAP, ${sum('missing')} missing, ${sum('surplus')} that extracts do not have`;
  const before = [...extractRows(end, width), '', heading];
  if (differences.length === 0) return before;
  const columns = [
    { title: 'account', isKey: true },
    { title: 'job', align: 'right' as const, isKey: true },
    { title: 'event type', isKey: true },
    ...['extract', 'loaded', 'missing', 'surplus'].map((title) => ({ title, align: 'right' as const })),
  ];
  const rows = differences.map(({ accountId, jobId, eventType, ...counts }) => [
    ...[
      accountText(end.accounts, accountId),
      String(jobId),
      eventType,
      humanCount(counts.extracted),
      humanCount(counts.loaded),
    ],
    ...[humanCount(counts.missing), humanCount(counts.surplus)],
  ]);
  return [...before, '', renderTable(columns, rows, width)];
}
