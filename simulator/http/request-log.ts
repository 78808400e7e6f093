import type { RequestNotes } from '../soap/soap-service.ts';

export interface SimulatorRequest extends Readonly<RequestNotes> {
  readonly at: Date;
  /** HTTP status; of a response that never came, the one it would have had. */
  readonly status: number;
}

export interface RequestLog {
  readonly entries: readonly SimulatorRequest[];
  add(notes: RequestNotes, at: Date, status: number): void;
  /** Counts a Retrieve as in flight until it is finished; `inFlight` is how many of its account now are. */
  begin(accountId: number | undefined): { readonly inFlight: number; readonly finish: () => void };
  peakConcurrency(accountId?: number): number;
}

// Enough for any test to look back over; a server that runs for weeks must not grow.
const entriesMax = 20_000;

export function createRequestLog(): RequestLog {
  const entries: SimulatorRequest[] = [];
  const inFlight = new Map<number | undefined, number>();
  const peaks = new Map<number | undefined, number>();
  const change = (key: number | undefined, by: number): void => {
    const count = (inFlight.get(key) ?? 0) + by;
    inFlight.set(key, count);
    peaks.set(key, Math.max(peaks.get(key) ?? 0, count));
  };
  return {
    entries,
    add: (notes, at, status) => {
      entries.push({ ...notes, at, status });
      if (entries.length > entriesMax) entries.splice(0, entriesMax / 2);
    },
    begin: (accountId) => {
      // The entry without an account counts all of them together.
      const keys = accountId === undefined ? [undefined] : [accountId, undefined];
      for (const key of keys) change(key, 1);
      const finish = (): void => {
        for (const key of keys) change(key, -1);
      };
      return { inFlight: inFlight.get(accountId) ?? 0, finish };
    },
    peakConcurrency: (accountId) => peaks.get(accountId) ?? 0,
  };
}
