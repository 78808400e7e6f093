import type { Signals } from './context.ts';

// After a second signal nothing is worth waiting for; this long is for open sockets to close.
const abortGraceMs = 2000;

/** Turns SIGINT and SIGTERM into a wish to drain, and a second one into an end at once. */
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
