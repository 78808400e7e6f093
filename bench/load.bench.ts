import { figureOf, measureInTurns, ratioOf } from './measure.ts';
import { startContender } from './processes/contender.ts';
import { type Bench, rateRow, ratioRow, type Row, valueRow } from './report/rows.ts';
import { type BenchServer, withClient } from './support/postgres.ts';
import { type BatchType, definitionOf } from './support/events.ts';
import { makeTables } from './support/tables.ts';

const warmUps = 2;

/** Pages of columns into Postgres, nothing before it: our loader, the same pages again, raw COPY. */
export const load: Bench = {
  name: 'load',
  needsPostgres: true,
  async run({ isFull, rounds, server }) {
    const rows: Row[] = [];
    for (const type of ['open', 'click'] as const)
      rows.push(...(await loadOf(type, isFull ? 20 : 4, rounds ?? (isFull ? 9 : 5), server)));

    return rows;
  },
};

async function loadOf(type: BatchType, pages: number, rounds: number, server: BenchServer): Promise<Row[]> {
  const database = await server.createDatabase();
  const options = { type, pages, databaseUrl: database.url };
  await makeTables(database.url, type, rounds + warmUps + 1);
  const [ours, copy, again] = await Promise.all([
    startContender('load: sfmc-tracking', options),
    startContender('load: raw COPY', options),
    startContender('load: sfmc-tracking again', { ...options, firstBatch: rounds + warmUps }),
  ]);
  const contenders = [ours, copy, again];
  try {
    const measured = await measureInTurns(contenders, { rounds, warmUps });
    // Connections tell their counts when they end.
    await Promise.all(contenders.map((contender) => contender.stop()));
    const [first, limit, second] = measured;
    if (first === undefined || limit === undefined || second === undefined) return [];
    const insertedAgain = figureOf(second.outcomes.map(({ details }) => details?.['inserted'] ?? NaN));
    return [
      ratioRow(`${type}s, first load against raw COPY`, ratioOf(first, limit)),
      ratioRow(`${type}s, read again against first load`, ratioOf(second, first)),
      valueRow(`${type}s, new rows when read again`, 'rows', insertedAgain.most),
      valueRow(`${type}s, dead rows left by it all`, 'rows', await deadRows(database.url, type)),
      ...measured.map((one) => rateRow(`${type}s`, one)),
    ];
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
    await database.drop();
  }
}

async function deadRows(url: string, type: BatchType): Promise<number> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ dead: number }>(
      `select coalesce(sum(pg_stat_get_dead_tuples(inhrelid)), 0)::int as dead
       from pg_inherits where inhparent = $1::regclass`,
      [`tracking.${definitionOf(type).table}`],
    );
    return rows[0]?.dead ?? NaN;
  });
}
