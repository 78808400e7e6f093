import os from 'node:os';
import path from 'node:path';
import { refreshRollups } from '../../../bi/refresh.ts';
import { humanDuration } from '../../../operations/format.ts';
import { importExtract, type ImportSummary } from '../../../pipeline/import/import-extract.ts';
import { openPrivacy } from '../../../pipeline/privacy.ts';
import { createImportProgress } from '../../../pipeline/import/import-progress.ts';
import { createPartitionKeeper } from '../../../store/load/partitions.ts';
import { openProcessSession } from '../../../store/connection/session.ts';
import type { CommandContext, ExitCode } from '../../context.ts';
import { withOpenDatabase } from '../../open-database.ts';
import { noticesOf, printJson, printLines } from '../../output.ts';
import { columnsOf } from '../../terminal/terminal.ts';
import { openImportLine } from './import-line.ts';
import { importedFilesTable } from './imported-files.ts';

export interface ImportOptions {
  readonly trackingExtract?: string;
  readonly timezone?: string;
  readonly account?: string;
  readonly json?: boolean;
}

const exitCodes = {
  completed: 0,
  completed_with_problems: 1,
  halted: 3,
  source_unavailable: 4,
  interrupted: 130,
} as const satisfies Record<ImportSummary['outcome'], ExitCode>;

/** Imports, brings the rollups up to date, and prints what was imported. */
export async function runImport(raw: ImportOptions, context: CommandContext): Promise<ExitCode> {
  const { trackingExtract = '', timezone, account, json = false } = raw;
  const optionProblems = problemsOf(raw);
  const summary = await withOpenDatabase(
    { command: 'import', optionProblems },
    context,
    async (database, config) => {
      const { pool, url } = database;
      const session = await openProcessSession(url, {
        command: 'import',
        host: os.hostname(),
        pid: process.pid,
      });
      const line = openImportLine(context);
      const [only, second] = config.accountIds;
      try {
        const imported = await importExtract(
          {
            path: path.resolve(context.cwd, trackingExtract),
            timeZone: timezone,
            accountId: account === undefined ? (second === undefined ? only : undefined) : Number(account),
          },
          {
            ...{
              pool,
              session,
              partitions: createPartitionKeeper({ pool }),
              privacy: await openPrivacy(pool, config.keySecret?.reveal()),
              now: context.now,
              retention: config.retention,
              keepsDetails: config.extractDetails === 'on',
            },
            progress: createImportProgress(context.now, line.onStage),
            onNotice: noticesOf({ ...context, stderr: line.stderr }),
            signal: AbortSignal.any([context.signals.drain, session.lost]),
          },
        );
        if (!context.signals.drain.aborted)
          await refreshRollups(pool, { waits: true, signal: context.signals.drain });
        return imported;
      } finally {
        line.stop();
        await session.end();
      }
    },
  );
  if (json) printJson(context.stdout, summary);
  else printLines(context.stdout, describe(summary, columnsOf(context.stdout)));
  return exitCodes[summary.outcome];
}

function problemsOf({ trackingExtract, timezone, account }: ImportOptions): string[] {
  return [
    ...(trackingExtract === undefined
      ? ['--tracking-extract is not given: a folder, a CSV file or a ZIP archive']
      : []),
    ...(timezone === undefined || isTimeZone(timezone)
      ? []
      : [`--timezone is ${timezone}: a zone (Europe/Berlin) or an offset (-06:00)`]),
    ...(account === undefined || /^[1-9]\d{0,14}$/u.test(account)
      ? []
      : [`--account is ${account}: a MID (a whole number)`]),
  ];
}

function isTimeZone(zone: string): boolean {
  if (/^([+-](0\d|1[0-4]):[0-5]\d|Z)$/u.test(zone)) return true;
  if (!/^[A-Za-z]{2}/u.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const outcomeTexts = {
  completed: ['completed'],
  completed_with_problems: ['completed', 'Lines could not be read: see `sfmc-tracking rejected`.'],
  halted: ['halted'],
  source_unavailable: ['not available'],
  interrupted: ['interrupted', 'The same command goes on where this one stopped.'],
} as const satisfies Record<ImportSummary['outcome'], readonly string[]>;

function describe({ runId, outcome, files, startedAt, finishedAt }: ImportSummary, width: number): string[] {
  const [text, ...advice] = outcomeTexts[outcome];
  return [
    `import ${runId} ${text}, ${humanDuration(finishedAt.getTime() - startedAt.getTime())}`,
    ...advice,
    ...(files.length > 0 ? ['', importedFilesTable(files, width)] : []),
  ];
}
