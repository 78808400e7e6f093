import { startContender } from './processes/contender.ts';
import { type BenchServer, tableBytes } from './support/postgres.ts';
import { type Bench, valueRow } from './report/rows.ts';
import { makeTables } from './support/tables.ts';

/** Bytes on disk for an open, indexes included, in tables grown page by page by our loader. */
export const disk: Bench = {
  name: 'disk',
  needsPostgres: true,
  async run({ isFull, server }) {
    const batches = isFull ? 20 : 2;
    return [
      valueRow('list sends', 'B/event', await bytesPerEvent(false, batches, server)),
      valueRow('triggered sends', 'B/event', await bytesPerEvent(true, batches, server)),
    ];
  },
};

async function bytesPerEvent(isTriggered: boolean, batches: number, server: BenchServer): Promise<number> {
  const database = await server.createDatabase();
  await makeTables(database.url, 'open', batches);
  const options = { type: 'open', pages: 40, databaseUrl: database.url, isTriggered } as const;
  const loader = await startContender('load: sfmc-tracking', options);
  try {
    for (let batch = 0; batch < batches; batch += 1) await loader.run(batch);
    const { bytes, rows } = await tableBytes(database.url, 'open_events');
    return bytes / rows;
  } finally {
    await loader.stop();
    await database.drop();
  }
}
