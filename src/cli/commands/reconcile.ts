import type { Command } from 'commander';
import type { CounterVerdict } from '../../bi/completeness.ts';
import type { Pool } from '../../store/connection/pool.ts';
import { accountText, type NamedAccounts } from '../../operations/account-names.ts';
import { humanCount } from '../../operations/format.ts';
import type { RawExtractOptions } from '../options/range-options.ts';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { noticesOf, printJson, printLines } from '../output.ts';
import type { Look } from '../terminal/marks.ts';
import { renderTable } from '../terminal/table.ts';
import { columnsOf } from '../terminal/terminal.ts';

/** `reconcile`: what is loaded against Marketing Cloud's own counters. */
export function addReconcileCommand(program: Command, run: Run): void {
  program
    .command('reconcile')
    .description(
      'compares each job with the counters of Marketing Cloud; exit code 1 if events are missing beyond tolerance',
    )
    .option('--jobs <list>', 'JobIDs, comma-separated (default: all)')
    .option('--with-extract', 'compare with Tracking Extracts instead, event by event')
    .option('--from <time>', 'with --with-extract: first instant (default: 30 days before --to)')
    .option('--to <time>', 'with --with-extract: first instant after the span (default: today, midnight UTC)')
    .option('--accounts <list>', 'with --with-extract: MIDs, comma-separated (default: SFMC_ACCOUNT_IDS)')
    .option('--events <list>', 'with --with-extract: event types, comma-separated (default: EVENT_TYPES)')
    .option('--wait <minutes>', 'with --with-extract: how long to wait without a new file (default: 240)')
    .option('--json', 'the same as one JSON object')
    .addHelpText(
      'after',
      examples(
        'reconcile',
        'reconcile --jobs 1201,1202 --json',
        'reconcile --with-extract --from 2026-06-01 --to 2026-07-01',
      ),
    )
    .action((raw: ReconcileOptions) => run((context) => reconcile(raw, context)));
}

interface ReconcileOptions extends RawExtractOptions {
  readonly withExtract?: boolean;
}

// A longer table cannot be read on a terminal; bi.completeness has all of it.
const shownMax = 200;

async function reconcile(raw: ReconcileOptions, context: CommandContext): Promise<ExitCode> {
  if (raw.withExtract === true) {
    const { runReconcile } = await import('../runtime/files/run-reconcile.ts');
    return await runReconcile(raw, context);
  }
  const { parseSyncOptions } = await import('../options/run-options.ts');
  const { withDatabase } = await import('../open-database.ts');
  const { deficitVerdict } = await import('../../bi/completeness.ts');
  const { readAccounts } = await import('../../store/status/accounts.ts');
  const { options, problems: optionProblems } = parseSyncOptions(raw);
  const { verdicts, accounts } = await withDatabase(
    { command: 'reconcile', optionProblems },
    context,
    async (pool) => ({
      verdicts: await judge(pool, options.jobIds, context),
      accounts: await readAccounts(pool),
    }),
  );
  if (options.json) printJson(context.stdout, { verdicts: countVerdicts(verdicts), counters: verdicts });
  else printLines(context.stdout, describe(verdicts, accounts, columnsOf(context.stdout)));
  return verdicts.some(({ verdict }) => verdict === deficitVerdict) ? 1 : 0;
}

/** Deficits are recorded first, so that the verdict says what becomes of them. */
async function judge(
  pool: Pool,
  jobIds: readonly number[] | undefined,
  context: CommandContext,
): Promise<CounterVerdict[]> {
  const { refreshRollups } = await import('../../bi/refresh.ts');
  const { readCompleteness, recordDeficits } = await import('../../bi/completeness.ts');
  await refreshRollups(pool, { waits: true, signal: context.signals.drain });
  const jobs = await recordDeficits(pool);
  if (jobs > 0)
    noticesOf(context)(`the next sync reads ${humanCount(jobs)} jobs again in full: events are missing`);
  return await readCompleteness(pool, jobIds);
}

function countVerdicts(verdicts: readonly CounterVerdict[]): Record<string, number> {
  const groups = Map.groupBy(verdicts, ({ verdict }) => verdict);
  return Object.fromEntries([...groups].map(([verdict, group]) => [verdict, group.length]));
}

/** The sum of the verdicts, and the lines that are neither exact nor too early to say. */
function describe(verdicts: readonly CounterVerdict[], accounts: NamedAccounts, width: number): string[] {
  if (verdicts.length === 0) return ['no counters were read yet'];
  const shown = verdicts.filter(({ verdict }) => verdict !== 'exact' && verdict !== 'too early');
  const sum = Object.entries(countVerdicts(verdicts)).map(
    ([verdict, count]) => `${humanCount(count)} ${verdict}`,
  );
  const heading = `${humanCount(verdicts.length)} counters: ${sum.join(', ')}`;
  if (shown.length === 0) return [heading];
  const columns = [
    { title: 'account', leavesAs: 1 },
    { title: 'job', align: 'right' as const, isKey: true },
    { title: 'counter', isKey: true },
    { title: 'source', align: 'right' as const },
    { title: 'loaded', align: 'right' as const },
    { title: 'verdict', look: lookOf },
    { title: 'reason', wraps: true },
  ];
  const rows = shown
    .slice(0, shownMax)
    .map(({ accountId, jobId, counter, source, loaded, verdict, reason }) => [
      ...[accountText(accounts, accountId), String(jobId), counter, humanCount(source), humanCount(loaded)],
      ...[verdict, reason ?? ''],
    ]);
  const rest = shown.length - rows.length;
  return [
    heading,
    '',
    renderTable(columns, rows, width),
    ...(rest > 0 ? [`and ${humanCount(rest)} more: select * from bi.completeness`] : []),
  ];
}

function lookOf(verdict: string): Look | undefined {
  if (verdict === 'source ahead') return 'bad';
  return verdict === 'loaded ahead' ? 'warn' : undefined;
}
