import { loadConfig } from '../../config/config.ts';
import { readStatusReport } from '../../store/status/report.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { openDatabase } from '../open-database.ts';
import { printJson, printLines } from '../output.ts';
import { renderStatus } from '../status-text.ts';

/** Prints where everything stands: for people, or the same as one JSON object. */
export async function runStatusCommand(
  options: { readonly json: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const { stdout, stderr } = context;
  const config = loadConfig(context.env, { cwd: context.cwd });
  const database = await openDatabase(config, { command: 'status', stderr });
  try {
    const report = await readStatusReport(database.pool, context.now());
    if (options.json) printJson(stdout, report);
    else printLines(stdout, [renderStatus(report)]);
    return 0;
  } finally {
    await database.close();
  }
}
