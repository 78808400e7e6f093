import { type CliEnd, type RunningCli, startCli } from '../program/cli.ts';

/** A process that a supervisor keeps running: ended by whatever cause, it is started again. */
export interface Actor {
  readonly name: string;
  /** Undefined once it is not started again. */
  readonly running: () => RunningCli | undefined;
  readonly starts: () => number;
  /** Settles when it has ended with a code after which it is not started again. */
  readonly finished: Promise<void>;
  /** Takes it out of the supervisor's hands and waits for its end, by itself or after this signal. */
  retire(signal?: NodeJS.Signals): Promise<CliEnd | undefined>;
}

export interface ActorOptions {
  readonly name: string;
  readonly args: readonly string[];
  /** Of the next start. */
  readonly env: () => Readonly<Record<string, string>>;
  /** Exit codes after which it is not started again. */
  readonly finalCodes: readonly number[];
  /** Is waited for before the next start. */
  readonly onEnd: (name: string, ended: ActorEnd) => Promise<unknown> | undefined;
}

export interface ActorEnd extends CliEnd {
  /** It was told to stop more than once: it ends at once then, with 130. */
  readonly isHurried: boolean;
}

/** Starts a process and keeps it running. */
export function keepRunning({ name, args, env, finalCodes, onEnd }: ActorOptions): Actor {
  let running: RunningCli | undefined;
  let isRetired = false;
  let starts = 0;
  let lastEnd: CliEnd | undefined;
  const supervise = async (): Promise<void> => {
    for (;;) {
      starts += 1;
      let stops = 0;
      const started = startCli(args, env());
      const signal = (of: NodeJS.Signals): void => {
        if (of === 'SIGTERM') stops += 1;
        started.signal(of);
      };
      running = { ...started, signal };
      lastEnd = await running.end;
      await onEnd(name, { ...lastEnd, isHurried: stops > 1 });
      if (isRetired || (lastEnd.code !== null && finalCodes.includes(lastEnd.code))) break;
    }
    running = undefined;
  };
  const supervised = supervise();
  return {
    name,
    running: () => running,
    starts: () => starts,
    finished: supervised,
    retire: async (signal) => {
      isRetired = true;
      if (signal !== undefined) running?.signal(signal);
      await supervised;
      return lastEnd;
    },
  };
}
