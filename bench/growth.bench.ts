import { type Figure, figureOf, rateOf } from './measure.ts';
import { type Contender, startContender } from './processes/contender.ts';
import { tableBytes, walBytes, withClient } from './support/postgres.ts';
import { shippedFlags } from './processes/product.ts';
import { type Bench, ratioRow, type Row, valueRow } from './report/rows.ts';
import { makeTables } from './support/tables.ts';

// All marks are multiples of 125,000 rows.
const pages = 50;
const rowsPerBatch = pages * 2500;

/** What loading costs as rows pile up; the rate beside COPY into an empty twin, which does not grow. */
export const growth: Bench = {
  name: 'growth',
  needsPostgres: true,
  isFullOnly: true,
  async run({ isFull, rounds: given, server }) {
    const rounds = given ?? (isFull ? 5 : 3);
    const marks = (isFull ? [0.25, 1, 2, 5, 10, 15, 20] : [0.125, 0.5, 1]).map((millions) => millions * 1e6);
    const batches = Math.max(...marks) / rowsPerBatch + rounds * marks.length;
    const database = await server.createDatabase();
    await makeTables(database.url, 'open', batches);
    const options = { type: 'open', pages, databaseUrl: database.url } as const;
    const contenders = [
      await startContender('load: sfmc-tracking', options, shippedFlags),
      await startContender('load: raw COPY', options),
    ] as const;
    try {
      let batch = 0;
      const stages: Stage[] = [];
      for (const mark of marks) {
        for (; batch * rowsPerBatch < mark; batch += 1) await contenders[0].run(batch);
        stages.push(await measureStage(contenders, database.url, batch, rounds));
        batch += rounds;
      }
      return rowsOf(stages, isFull);
    } finally {
      await Promise.all(contenders.map((contender) => contender.stop()));
      await database.drop();
    }
  },
};

/** What a few batches cost with that number of rows present. */
interface Stage {
  readonly millions: number;
  readonly ratio: Figure;
  readonly rate: Figure;
  readonly walPerEvent: Figure;
  readonly diskPerEvent: number;
  readonly rssMb: number;
}

async function measureStage(
  [ours, copy]: readonly [Contender, Contender],
  url: string,
  first: number,
  rounds: number,
): Promise<Stage> {
  const [ratios, rates, wal, rss]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let batch = first; batch < first + rounds; batch += 1) {
    const emptied = (): Promise<unknown> =>
      withClient(url, (client) => client.query('truncate twin.open_events'));
    await emptied();
    // The order changes, so that neither always follows the other.
    let limit = batch % 2 === 0 ? rateOf(await copy.run(batch)) : NaN;
    const before = await walBytes(url);
    const outcome = await ours.run(batch);
    wal.push(((await walBytes(url)) - before) / rowsPerBatch);
    if (Number.isNaN(limit)) limit = rateOf(await copy.run(batch));
    rates.push(rateOf(outcome));
    ratios.push(rateOf(outcome) / limit);
    rss.push(outcome.rssMb ?? NaN);
  }
  const { bytes, rows } = await tableBytes(url, 'open_events');
  return {
    millions: (first * rowsPerBatch) / 1e6,
    ratio: figureOf(ratios),
    rate: figureOf(rates),
    walPerEvent: figureOf(wal),
    diskPerEvent: bytes / rows,
    rssMb: Math.max(...rss),
  };
}

function rowsOf(stages: readonly Stage[], isFull: boolean): Row[] {
  const least = stages.find(({ millions }) => millions >= (isFull ? 1 : 0));
  const most = stages.at(-1);
  if (least === undefined || most === undefined) return [];
  const [from, to] = [least.millions, most.millions];
  return [
    valueRow(
      `rate with ${to} M rows present, against ${from} M`,
      'x',
      most.ratio.median / least.ratio.median,
      'each as a multiple of COPY into an empty table in the same rounds',
    ),
    ...stages.map(({ millions, ratio, rate }) =>
      ratioRow(
        `rate at ${millions} M rows, against COPY into an empty table`,
        ratio,
        `${Math.round(rate.median).toLocaleString('en-US')} events/s`,
      ),
    ),
    ...stages.map(({ millions, walPerEvent, diskPerEvent, rssMb }) => ({
      label: `write-ahead log at ${millions} M rows`,
      unit: 'B/event',
      ...walPerEvent,
      note: `${diskPerEvent.toFixed(0)} B/event on disk, ${rssMb.toFixed(0)} MB resident`,
    })),
  ];
}
