import { type LateReading, type LateSource, readLate } from './latency.bench.ts';
import { type Bench, valueRow } from './support/report.ts';

/** Seconds of waiting that each level has before it: with too few, the windows do not come out even. */
interface Form extends LateSource {
  readonly seconds: number;
}

const quick: Form = { latencyMs: 50, pageSize: 20, seconds: 2 };
const full: Form = { latencyMs: 300, pageSize: 2500, seconds: 36 };

/** Requests a second with more and more of them in flight, every answer late. */
export const growthConcurrency: Bench = {
  name: 'growth-concurrency',
  needsPostgres: true,
  isFullOnly: true,
  async run({ isFull, server, draw }) {
    const form = isFull ? full : quick;
    const levels: { inFlight: number; reading: LateReading }[] = [];
    for (const inFlight of isFull ? [1, 2, 4, 8, 16] : [1, 4, 16]) {
      // As many events as that many cursors read in the time given.
      const pages = (inFlight * form.seconds * 1000) / form.latencyMs;
      levels.push({ inFlight, reading: await readLate(form, pages * form.pageSize, inFlight, server) });
    }
    const limit = (inFlight: number): number => (inFlight * 1000) / form.latencyMs;
    const rate = ({ requests, seconds }: LateReading): number => requests / seconds;
    draw({
      name: 'growth-concurrency',
      title: `Requests a second over requests in flight, ${form.latencyMs} ms for each answer`,
      ...{ x: 'requests in flight', y: 'requests/s' },
      lines: [
        { name: 'sfmc-tracking', points: levels.map(({ inFlight, reading }) => [inFlight, rate(reading)]) },
        { name: 'ideal schedule', points: levels.map(({ inFlight }) => [inFlight, limit(inFlight)]) },
      ],
    });
    return levels.map(({ inFlight, reading }) =>
      valueRow(
        `${inFlight} in flight`,
        'requests/s',
        rate(reading),
        undefined,
        `${(rate(reading) / limit(inFlight)).toFixed(2)} of the ideal schedule; ${reading.requests} requests ` +
          `in ${reading.windows} windows, ${reading.late} answers left late`,
      ),
    );
  },
};
