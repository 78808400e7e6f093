import { cpuRowsOf, meteringOthers } from './cpu/cpu-rows.ts';
import { cpuSecondsOf } from './cpu/cpu-seconds.ts';
import { figureOf, measureInPieces, medianOfPairs, type Pair, ratioOfSums } from './measure.ts';
import type { ContenderName } from './processes/contender-list.ts';
import { type Contender, startContender } from './processes/contender.ts';
import { type BenchServer, withClient } from './support/postgres.ts';
import { ratioRow, type Row } from './report/rows.ts';
import { makeTables } from './support/tables.ts';

const names = ['load: sfmc-tracking', 'load: without the log'] as const;
const pages = 60;
const warmUps = 2;

/**
 * What the log of changes costs while loading. Each contender loads the same batches into a database of its own, a page
 * in turn, so that both tables have the same rows at each moment.
 *
 * A checkpoint before each round leaves segments of the write-ahead log to be used again: whoever needs a new one fills
 * 16 MB with zeros, which takes as long as ten pages.
 */
export async function costOfLog(server: BenchServer, rounds: number): Promise<Row[]> {
  const databases = [await server.createDatabase(), await server.createDatabase()] as const;
  const contenders: Contender[] = [];
  try {
    const [withLog, without] = [
      await startLoading(names[0], databases[0].url, rounds),
      await startLoading(names[1], databases[1].url, rounds),
    ];
    contenders.push(withLog.contender, without.contender);
    const beforeRound = async (): Promise<void> => {
      if (server.isEmbedded) await withClient(databases[0].url, (client) => client.query('checkpoint'));
    };
    const turns = { rounds, warmUps, pieces: pages, beforeRound };
    return rowsOf(await measureInPieces([withLog.metered, without.metered], turns));
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
    for (const database of databases) await database.drop();
  }
}

/** A contender that tells what its connection's backend used. */
async function startLoading(
  name: ContenderName,
  databaseUrl: string,
  rounds: number,
): Promise<{ contender: Contender; metered: Contender }> {
  await makeTables(databaseUrl, 'open', rounds + warmUps);
  await keepVacuumAway(databaseUrl);
  const contender = await startContender(name, { type: 'open', pages, pagesPerTurn: 1, databaseUrl });
  let pid: number | undefined;
  const metered = meteringOthers(contender, { postgres: { cpuSeconds: () => cpuSecondsOf(pid) } });
  return {
    contender,
    metered: {
      ...metered,
      async run(turn) {
        const outcome = await metered.run(turn);
        // Its one connection is there since the first turn.
        pid ??= await backendOf(databaseUrl);
        return outcome;
      },
    },
  };
}

/** It would fall on one contender's turn or the other's, and both tables are new. */
async function keepVacuumAway(url: string): Promise<void> {
  await withClient(url, (client) =>
    client.query(
      `do $$
       declare name text;
       begin
         for name in select oid::regclass::text from pg_class
                     where relkind = 'r' and relnamespace in ('tracking'::regnamespace, 'pipeline'::regnamespace) loop
           execute format('alter table %s set (autovacuum_enabled = false)', name);
         end loop;
       end $$`,
    ),
  );
}

async function backendOf(url: string): Promise<number | undefined> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and application_name = 'bench'`,
    );
    return rows[0]?.pid;
  });
}

function rowsOf(rounds: readonly Pair[][]): Row[] {
  const byClock = figureOf(rounds.map(medianOfPairs));
  const whole = figureOf(rounds.map((pairs) => ratioOfSums(pairs, ({ seconds }) => seconds)));
  const byCpu = figureOf(rounds.map((pairs) => ratioOfSums(pairs, ({ others }) => others?.postgres ?? NaN)));
  const note =
    `middle pairs of ${rounds.length} rounds of ${pages} pages each, a page in turn; ` +
    `by the sums of all pages ${whole.median.toFixed(2)} (${whole.least.toFixed(2)} – ${whole.most.toFixed(2)})`;
  return [
    ratioRow('load with the log of changes, against load without', byClock, note),
    ratioRow('the same by CPU of the backend', byCpu, 'by the sums of all pages'),
    ...names.flatMap((name, at) =>
      cpuRowsOf({ name, outcomes: rounds.flat().map((pair) => pair[at === 0 ? 0 : 1]) }),
    ),
  ];
}
