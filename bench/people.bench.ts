import { cpuRatioOf, type Measured, measureInTurns } from './measure.ts';
import type { ContenderName } from './processes/contender-list.ts';
import { startContender } from './processes/contender.ts';
import { startReplay } from './sources/replay.ts';
import { type Bench, rateRow, ratioRow, type Row } from './report/rows.ts';
import { type BenchServer } from './support/postgres.ts';
import { makeTables } from './support/tables.ts';

const warmUps = 2;

/** What it costs to store keyed hashes in place of subscriber keys, and to keep people out, by CPU time. */
export const people: Bench = {
  name: 'people',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const rounds = given ?? (isFull ? 9 : 5);
    return [...(await typing(isFull ? 20 : 6, rounds)), ...(await wholeWay(server, isFull ? 30 : 6, rounds))];
  },
};

/** Bytes to columns, nothing behind it. */
async function typing(pages: number, rounds: number): Promise<Row[]> {
  const names = ['parse: sfmc-tracking', 'parse: hashed keys', 'parse: people kept out'] as const;
  const measured = await inTurns(names, (name) => startContender(name, { type: 'click', pages }), rounds);
  const [plain, hashed, keptOut] = measured;
  if (plain === undefined || hashed === undefined || keptOut === undefined) return [];
  return [
    ratioRow('clicks typed with hashed keys, CPU against plain keys', cpuRatioOf(plain, hashed)),
    ratioRow('clicks typed and 1,000 people kept out, CPU against none', cpuRatioOf(plain, keptOut)),
    ...measured.map((one) => rateRow('clicks', one)),
  ];
}

/** HTTP, parser and loader into Postgres. The mode is a database's, so each has one. */
async function wholeWay(server: BenchServer, pages: number, rounds: number): Promise<Row[]> {
  const batches = rounds + warmUps;
  const databases = [await server.createDatabase(), await server.createDatabase()];
  for (const { url } of databases) await makeTables(url, 'open', batches);
  const source = await startReplay({ type: 'open', pages, batches });
  const names = ['extract: sfmc-tracking', 'extract: hashed keys'] as const;
  try {
    const measured = await inTurns(
      names,
      (name, at) =>
        startContender(name, { type: 'open', pages, databaseUrl: databases[at]?.url, sourceUrl: source.url }),
      rounds,
    );
    const [plain, hashed] = measured;
    if (plain === undefined || hashed === undefined) return [];
    return [
      ratioRow('opens over HTTP with hashed keys, CPU against plain keys', cpuRatioOf(plain, hashed)),
      ...measured.map((one) => rateRow('opens', one)),
    ];
  } finally {
    await source.stop();
    for (const database of databases) await database.drop();
  }
}

async function inTurns(
  names: readonly ContenderName[],
  start: (name: ContenderName, at: number) => ReturnType<typeof startContender>,
  rounds: number,
): Promise<Measured[]> {
  const contenders = await Promise.all(names.map(start));
  try {
    return await measureInTurns(contenders, { rounds, warmUps });
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
}
