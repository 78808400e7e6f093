import { cpuRatioOf, type Measured, measureInTurns, ratioOf } from './measure.ts';
import { startContender } from './processes/contender.ts';
import { type Bench, rateRow, ratioRow, type Row } from './report/rows.ts';
import type { BatchType } from './support/events.ts';

/** Bytes to columns, nothing behind it: ours, plain sax with ordinary handlers, sfmc-sdk's parser. */
export const parse: Bench = {
  name: 'parse',
  async run({ isFull, rounds }) {
    const rows: Row[] = [];
    for (const type of ['open', 'click'] as const) {
      const [ours, plain, sdk] = await measureParsers(type, isFull ? 20 : 6, rounds ?? (isFull ? 9 : 7));
      if (ours === undefined || plain === undefined || sdk === undefined) continue;
      rows.push(
        ratioRow(`${type}s, against plain sax`, ratioOf(ours, plain), cpuNote(ours, plain)),
        ratioRow(`${type}s, against sfmc-sdk's parser`, ratioOf(ours, sdk), cpuNote(ours, sdk)),
        rateRow(`${type}s`, ours),
        rateRow(`${type}s`, plain),
        rateRow(`${type}s`, sdk),
      );
    }
    return rows;
  },
};

/** On a shared machine CPU time is the steadier measure of work that only computes. */
function cpuNote(one: Measured, other: Measured): string {
  return `by CPU time ${cpuRatioOf(one, other).median.toFixed(2)} x`;
}

const warmUps = 2;

async function measureParsers(type: BatchType, pages: number, rounds: number): Promise<Measured[]> {
  const names = ['parse: sfmc-tracking', 'parse: plain sax', 'parse: sfmc-sdk'] as const;
  const contenders = await Promise.all(names.map((name) => startContender(name, { type, pages })));
  try {
    return await measureInTurns(contenders, { rounds, warmUps });
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
}
