import type { Logger } from '../logger.ts';
import { storeErrorFrom } from '../store/connection/pool.ts';

/** Also between ticks, since the process may have a new id after its database session was lost. */
const everyMs = 60_000;

/** What keeps something written that other processes read. */
export interface Recording {
  /** Writes now. */
  write(): void;
  stop(): Promise<void>;
}

/** Writes at once, each minute and on demand, one write at a time; a failure is logged and the next write follows. */
export function keepRecorded(record: () => Promise<void>, logger: Logger): Recording {
  let writing: Promise<void> = Promise.resolve();
  const write = (): void => {
    writing = writing
      .then(record)
      .catch((thrown: unknown) =>
        logger.warn({ reason: storeErrorFrom(thrown).message }, 'schedule could not be written'),
      );
  };
  write();
  const timer = setInterval(write, everyMs);
  return {
    write,
    stop: async () => {
      clearInterval(timer);
      await writing;
    },
  };
}
