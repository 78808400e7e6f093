import type { Config } from '../../../config/config.ts';
import { createLogger, type Logger, type LogLevel, logLevels } from '../../../logger.ts';
import type { CommandContext, Verbosity } from '../../context.ts';
import { openLogLines } from '../../terminal/log-lines.ts';

/** The logger of a command that runs; it warns once about names that look like settings and are none, and about values that `.env` cuts. */
export async function openLogger(
  config: Config,
  { stderr, verbosity }: CommandContext,
  isProgressShown = false,
): Promise<Logger> {
  const format = config.logFormat ?? (stderr.isTTY === true ? 'pretty' : 'json');
  // One line for each task would push the progress off the screen.
  const level = levelFor(config.logLevel ?? (isProgressShown ? 'warn' : 'info'), verbosity);
  const destination = format === 'json' ? stderr : openLogLines(stderr);
  const logger = await createLogger({ level, destination });
  for (const warning of [...config.warnings, ...config.cutValues]) logger.warn(warning);
  return logger;
}

/** `--quiet` logs no more than warnings, `--verbose` no less than debug lines. */
function levelFor(configured: LogLevel, verbosity: Verbosity): LogLevel {
  const at = logLevels.indexOf(configured);
  if (verbosity === 'quiet') return logLevels[Math.max(at, logLevels.indexOf('warn'))] ?? configured;
  if (verbosity === 'verbose') return logLevels[Math.min(at, logLevels.indexOf('debug'))] ?? configured;
  return configured;
}
