import type { Config } from '../../config/config.ts';
import { createLogger, type Logger, type LogLevel, logLevels } from '../../logger.ts';
import type { CommandContext, Verbosity } from '../context.ts';

/** The logger of a command that runs; it warns once about names that look like settings and are none, and about values that `.env` cuts. */
export async function openLogger(config: Config, { stderr, verbosity }: CommandContext): Promise<Logger> {
  const format = config.logFormat ?? (stderr.isTTY === true ? 'pretty' : 'json');
  const level = levelFor(config.logLevel, verbosity);
  const logger = await createLogger({ level, format, destination: stderr });
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
