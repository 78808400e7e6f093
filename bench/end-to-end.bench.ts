import os from 'node:os';
import { measureInTurns, ratioOf } from './measure.ts';
import { startContender } from './processes/contender.ts';
import { cpuRowsOf, meteringOthers } from './cpu/cpu-rows.ts';
import { startReplay } from './sources/replay.ts';
import { type Bench, rateRow, ratioRow } from './report/rows.ts';
import { makeTables } from './support/tables.ts';

const warmUps = 2;
const windows = 4;
// Of no goal: with fewer cores than windows it says what the machine can do.
const coresText = `${os.availableParallelism()} cores for our process, its backends and the source`;

/** HTTP with gzip from another process, through parser and loader into Postgres, beside raw COPY. */
export const endToEnd: Bench = {
  name: 'end-to-end',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const rounds = given ?? (isFull ? 9 : 5);
    const pages = isFull ? 30 : 6;
    const turns = rounds + warmUps;
    // Of one window, of several side by side, and of COPY.
    const batches = turns * (1 + windows);
    const database = await server.createDatabase();
    await makeTables(database.url, 'open', batches + turns);
    const source = await startReplay({ type: 'open', pages, batches });
    const options = { type: 'open', pages, databaseUrl: database.url, sourceUrl: source.url } as const;
    const contenders = await Promise.all([
      startContender('extract: sfmc-tracking', options),
      startContender('load: raw COPY', { ...options, firstBatch: batches }),
      startContender('extract: windows side by side', { ...options, firstBatch: turns, windows }),
    ]);
    try {
      const [ofOne, ofCopy, ofMany] = contenders;
      const metered = [
        meteringOthers(ofOne, { postgres: server, source }),
        meteringOthers(ofCopy, { postgres: server }),
        meteringOthers(ofMany, { postgres: server, source }),
      ];
      const measured = await measureInTurns(metered, { rounds, warmUps });
      const [ours, copy, aside] = measured;
      if (ours === undefined || copy === undefined || aside === undefined) return [];
      return [
        ratioRow('opens over HTTP, against raw COPY', ratioOf(ours, copy)),
        ratioRow(`${windows} windows side by side, against one`, ratioOf(aside, ours), coresText),
        ...measured.map((one) => rateRow('opens', one)),
        ...measured.flatMap((one) => cpuRowsOf(one)),
      ];
    } finally {
      await Promise.all(contenders.map((contender) => contender.stop()));
      await source.stop();
      await database.drop();
    }
  },
};
