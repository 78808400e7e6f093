import { nextTimeOfDay } from '../../operations/next-time-of-day.ts';
import type { CommandContext } from '../context.ts';
import { noticesOf } from '../output.ts';
import { clockOf } from '../terminal/terminal.ts';

/** The context of a command that drains at the next such time of day, as at SIGTERM; without a time, the same context. */
export function endingAt(
  time: string | undefined,
  timeZone: string,
  context: CommandContext,
): { readonly context: CommandContext; stop(): void } {
  if (time === undefined) return { context, stop: () => undefined };
  const now = context.now();
  const end = nextTimeOfDay(time, timeZone, now);
  noticesOf(context)(
    `ends at ${clockOf(context.stderr).text(end)} (--until ${time}); the same command continues`,
  );
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new Error(`--until ${time}`)), end.getTime() - now.getTime());
  const drain = AbortSignal.any([context.signals.drain, over.signal]);
  return {
    context: { ...context, signals: { ...context.signals, drain } },
    stop: () => clearTimeout(timer),
  };
}
