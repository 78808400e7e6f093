import type { LogFields, Logger } from '../../src/logger.ts';

export interface RecordedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: LogFields;
  readonly message: string;
}

export interface RecordingLogger extends Logger {
  readonly lines: RecordedLine[];
}

/** A logger that keeps its lines for a test to read. */
export function recordingLogger(): RecordingLogger {
  const lines: RecordedLine[] = [];
  const record =
    (level: RecordedLine['level']) =>
    (first: LogFields | string, second?: string): void => {
      if (typeof first === 'string') lines.push({ level, fields: {}, message: first });
      else lines.push({ level, fields: first, message: second ?? '' });
    };
  const logger = {
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
  };
  const recording: RecordingLogger = { ...logger, lines };
  return recording;
}
