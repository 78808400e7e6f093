import { figureOf, rateOf } from './measure.ts';
import { startContender } from './support/contender.ts';
import type { Contender } from './support/contender.ts';
import { withClient } from './support/postgres.ts';
import type { Bench } from './support/report.ts';
import { ratioRow, valueRow } from './support/report.ts';
import { makeTables } from './support/tables.ts';

const pages = 40;
const rowsPerBatch = pages * 2500;
const rounds = 5;

/** Whether loading slows down as rows pile up: the rate at 1 million and at the most, each against COPY into an empty twin. */
export const growth: Bench = {
  name: 'growth',
  needsPostgres: true,
  isFullOnly: true,
  async run({ server }) {
    const marks = [1e6, 5e6, 20e6];
    const batches = Math.max(...marks) / rowsPerBatch + rounds * marks.length;
    const database = await server.createDatabase();
    await makeTables(database.url, 'open', batches);
    const options = { type: 'open', pages, databaseUrl: database.url } as const;
    const [ours, copy] = await Promise.all([
      startContender('load: sfmc-tracking', options),
      startContender('load: raw COPY', options),
    ]);
    try {
      let batch = 0;
      const measured = [];
      for (const mark of marks) {
        for (; batch * rowsPerBatch < mark; batch += 1) await ours.run(batch);
        const ratios: number[] = [];
        const wal: number[] = [];
        for (let round = 0; round < rounds; round += 1, batch += 1) {
          const before = await walBytes(database.url);
          const rate = rateOf(await ours.run(batch));
          wal.push(((await walBytes(database.url)) - before) / rowsPerBatch);
          ratios.push(rate / (await rateOnEmpty(copy, database.url, batch)));
        }
        measured.push({ mark, ratio: figureOf(ratios), wal: figureOf(wal) });
      }
      const first = measured[0]?.ratio.median ?? NaN;
      const last = measured.at(-1)?.ratio.median ?? NaN;
      return [
        valueRow('rate at 20 M rows, against 1 M', 'x', last / first, { least: 0.85, aim: 0.95 }),
        ...measured.map(({ mark, ratio }) =>
          ratioRow(`rate at ${mark / 1e6} M rows, against COPY into an empty table`, ratio, {}),
        ),
        ...measured.map(({ mark, wal }) => ({
          label: `write-ahead log at ${mark / 1e6} M rows`,
          unit: 'B/event',
          ...wal,
        })),
      ];
    } finally {
      await Promise.all([ours.stop(), copy.stop()]);
      await database.drop();
    }
  },
};

/** The measure that does not grow: what the machine can do at this moment. */
async function rateOnEmpty(copy: Contender, url: string, batch: number): Promise<number> {
  await withClient(url, (client) => client.query('truncate twin.open_events'));
  return rateOf(await copy.run(batch));
}

async function walBytes(url: string): Promise<number> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ bytes: string }>(
      `select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`,
    );
    return Number(rows[0]?.bytes);
  });
}
