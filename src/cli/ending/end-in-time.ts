import { humanDuration } from '../../operations/format.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { printLines } from '../output.ts';

/** What follows a drain, closing connections above all, has this long. The grace periods in `deploy/` are five seconds longer. */
const closingMs = 10_000;

export interface ShutdownLimit {
  readonly drain: AbortSignal;
  /** How long a drain may take. */
  readonly shutdownMs: number;
  readonly exitCode: ExitCode;
  /** Called before the process exits; takes what there is to say. */
  readonly onLeave: (limitMs: number) => void;
}

/**
 * Does the work of a command; where it has not ended in time after a signal, the process exits all the same.
 *
 * A database or a network that does not respond any more leaves statements open, and whatever waits for them. Exiting
 * then is as exact as a kill: locks end with the connections, and other processes take the tasks over.
 */
export async function endInTime<Result>(
  { drain, shutdownMs, exitCode, onLeave }: ShutdownLimit,
  work: () => Promise<Result>,
): Promise<Result> {
  const limitMs = shutdownMs + closingMs;
  let timer: NodeJS.Timeout | undefined;
  const onDrain = () => {
    timer = setTimeout(() => {
      onLeave(limitMs);
      process.exit(exitCode);
    }, limitMs);
  };
  if (drain.aborted) onDrain();
  else drain.addEventListener('abort', onDrain, { once: true });
  try {
    return await work();
  } finally {
    drain.removeEventListener('abort', onDrain);
    clearTimeout(timer);
  }
}

/** The same for a command that a person or a script waits for; its exit code is 130 then. */
export function endCommandInTime<Result>(
  { signals, stderr }: Pick<CommandContext, 'signals' | 'stderr'>,
  { shutdownMs }: { readonly shutdownMs: number },
  work: () => Promise<Result>,
): Promise<Result> {
  const onLeave = (limitMs: number) => {
    const text = `Not ended after ${humanDuration(limitMs)}: what does not respond is left. The same command continues.`;
    printLines(stderr, ['', text]);
  };
  return endInTime({ drain: signals.drain, shutdownMs, exitCode: 130, onLeave }, work);
}
