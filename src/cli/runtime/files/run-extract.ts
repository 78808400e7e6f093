import { refreshRollups } from '../../../bi/refresh.ts';
import { type Config, loadConfig } from '../../../config/config.ts';
import type { ExtractDeps, ExtractsEnd } from '../../../pipeline/fetch-extracts/run-extracts.ts';
import { importExtract } from '../../../pipeline/import/import-extract.ts';
import type { ImportedFile } from '../../../pipeline/import/import-file.ts';
import { openPrivacy } from '../../../pipeline/privacy.ts';
import { createImportProgress } from '../../../pipeline/import/import-progress.ts';
import { createPartitionKeeper } from '../../../store/load/partitions.ts';
import { parseExtractOptions, type RawExtractOptions } from '../../options/range-options.ts';
import type { CommandContext, ExitCode } from '../../context.ts';
import { noticesOf, printJson, printLines } from '../../output.ts';
import { columnsOf } from '../../terminal/terminal.ts';
import { exitCodeOfExtracts, extractRows, type NamedExtractsEnd, waitingLine } from './extract-report.ts';
import { type LoadingParts, takeExtractRoad } from './extract-road.ts';
import { importedFilesTable } from './imported-files.ts';
import { type ImportLine, openImportLine } from './import-line.ts';

/** Requests, fetches and imports extracts, brings the rollups up to date, and prints what was imported. */
export async function runExtract(raw: RawExtractOptions, context: CommandContext): Promise<ExitCode> {
  const { options, problems } = parseExtractOptions(raw, context.now());
  const { env, cwd } = context;
  const config = loadConfig(env, { cwd, needs: ['marketing-cloud', 'sftp'], optionProblems: problems });
  printLines(context.stderr, config.cutValues);
  const files: ImportedFile[] = [];
  const line = openImportLine(context);
  const { json, ...wish } = options;
  const end = await takeExtractRoad(
    {
      ...{ command: 'extract', wish: { purpose: 'import', ...wish } },
      load: (parts) => importing(parts, config, line, files, context),
      finish: async (_, { pool, signal }) => {
        if (!signal.aborted) await refreshRollups(pool, { waits: true, signal });
      },
    },
    config,
    context,
  );
  const exitCode = exitCodeOfExtracts(
    end,
    files.some(({ rejected }) => rejected > 0),
  );
  if (json) {
    printJson(context.stdout, {
      kind: 'extract',
      outcome: outcomeOf(end, exitCode),
      requests: end.entries,
      files,
    });
  } else {
    printLines(context.stdout, describe(end, files, columnsOf(context.stdout)));
  }
  const waiting = waitingLine(end, config);
  if (waiting !== undefined) printLines(context.stderr, [`sfmc-tracking: ${waiting}`]);
  return exitCode;
}

/** Imports archive by archive; what became of their files goes into `files`. */
function importing(
  { pool, session, now, signal }: LoadingParts,
  { retention, keySecret, extractDetails }: Config,
  line: ImportLine,
  files: ImportedFile[],
  context: CommandContext,
): ExtractDeps['load'] {
  const notice = noticesOf({ ...context, stderr: line.stderr });
  const said = new Set<string>();
  // Every archive has the same columns: what is not used of them is said once.
  const onNotice = (text: string) => {
    const own = text.replace(/^\S+\.zip: /u, '');
    if (!said.has(own)) notice(own);
    said.add(own);
  };
  return async (archive, { accountId }) => {
    const progress = createImportProgress(now, line.onStage);
    const summary = await importExtract(
      { path: archive, timeZone: undefined, accountId },
      {
        ...{ pool, session, now, signal, retention, progress, onNotice },
        partitions: createPartitionKeeper({ pool }),
        privacy: await openPrivacy(pool, keySecret?.reveal()),
        keepsDetails: extractDetails === 'on',
      },
    );
    line.stop();
    if (summary.outcome === 'interrupted') throw signal.reason;
    files.push(...summary.files);
  };
}

function outcomeOf({ outcome }: ExtractsEnd, exitCode: ExitCode): string {
  if (outcome !== 'settled') return outcome;
  return exitCode === 0 ? 'completed' : 'completed_with_problems';
}

function describe(end: NamedExtractsEnd, files: readonly ImportedFile[], width: number): string[] {
  return [...extractRows(end, width), ...(files.length > 0 ? ['', importedFilesTable(files, width)] : [])];
}
