import type { Signals } from '../context.ts';

// After a second signal the process waits only for open sockets to close, and no longer than this.
const abortGraceMs = 2000;

/** The first SIGINT or SIGTERM requests a drain, the second one ends the process at once. */
export function listenToSignals(): Signals {
  const drain = new AbortController();
  const abort = new AbortController();
  let received = 0;
  const receive = (name: NodeJS.Signals): void => {
    received += 1;
    drain.abort(new Error(`interrupted by ${name}`));
    if (received === 1) return;
    abort.abort(new Error(`interrupted twice, by ${name}`));
    if (received > 2) process.exit(130);
    setTimeout(() => process.exit(130), abortGraceMs).unref();
  };
  process.on('SIGINT', receive);
  process.on('SIGTERM', receive);
  return { drain: drain.signal, abort: abort.signal };
}
