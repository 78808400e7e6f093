import path from 'node:path';
import { eventCatalog } from '../../../events/catalog.ts';
import { createCsvStream } from '../../../export/csv-writer.ts';
import { type ExportRequest, exportEvents } from '../../../export/export-events.ts';
import { takeFolder } from '../../../make-folder.ts';
import { humanCount } from '../../../operations/format.ts';
import { exportColumns, readEvents } from '../../../store/export/read-events.ts';
import type { Pool } from '../../../store/connection/pool.ts';
import { type RawExportOptions, parseExportRange } from '../../options/range-options.ts';
import type { CommandContext, ExitCode } from '../../context.ts';
import { withDatabase } from '../../open-database.ts';
import { noticesOf, writeAndWait } from '../../output.ts';

/** Exports, and says of each file how many rows it has. */
export async function runExport(raw: RawExportOptions, context: CommandContext): Promise<ExitCode> {
  const { out = '', format = 'csv', sinceLast } = raw;
  const { options, problems } = parseExportRange(raw, sinceLast !== undefined);
  const definitions = eventCatalog.filter(({ name }) => options.eventTypes?.includes(name) ?? true);
  const optionProblems = [...problems, ...problemsOf(raw, definitions.length)];
  const { accountIds, from, to } = options;
  const request: ExportRequest = {
    ...{ definitions, accountIds, from, to, sinceLast },
    format: format === 'parquet' ? 'parquet' : 'csv',
    folder: path.resolve(context.cwd, out),
  };
  try {
    await withDatabase({ command: 'export', optionProblems }, context, (pool) =>
      out === '-' ? exportToStdout(request, pool, context) : exportToFiles(request, pool, context),
    );
    return 0;
  } catch (error) {
    if (context.signals.drain.aborted && error === context.signals.drain.reason) return 130;
    throw error;
  }
}

async function exportToFiles(request: ExportRequest, pool: Pool, context: CommandContext): Promise<void> {
  const notice = noticesOf(context);
  takeFolder('--out', request.folder);
  const files = await exportEvents(request, {
    ...{ pool, createdBy: 'sfmc-tracking', signal: context.signals.drain },
    onFile: ({ name, rows }) => {
      notice(`${name}: ${humanCount(rows)} events`);
    },
  });
  if (files.length === 0) notice('there is nothing to export');
}

async function exportToStdout(
  { definitions, accountIds, from, to }: ExportRequest,
  pool: Pool,
  { stdout, signals }: CommandContext,
): Promise<void> {
  const [definition] = definitions;
  if (definition === undefined) return;
  const writer = createCsvStream(exportColumns(definition), (text) => writeAndWait(stdout, text));
  await readEvents(pool, definition, { accountIds, from, to }, async (rows) => {
    signals.drain.throwIfAborted();
    await writer.write(rows);
  });
  await writer.finish();
}

function problemsOf({ out, format, sinceLast }: RawExportOptions, types: number): string[] {
  const isFormat = format === undefined || format === 'csv' || format === 'parquet';
  return [
    ...(out === undefined ? ['--out is not given: the folder of the files, or - for standard output'] : []),
    ...(isFormat ? [] : [`--format is ${format}: csv or parquet`]),
    ...(out === '-' && (format === 'parquet' || sinceLast !== undefined || types !== 1)
      ? ['--out is -: standard output takes CSV of one event type (--events), without --since-last']
      : []),
    ...(sinceLast === undefined || /^[\w.-]{1,60}$/u.test(sinceLast)
      ? []
      : [`--since-last is ${sinceLast}: a name of letters, digits, dots and hyphens`]),
  ];
}
