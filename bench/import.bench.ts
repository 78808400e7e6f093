import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { figureOf } from './measure.ts';
import { copyOut } from './support/copy-in.ts';
import { makeFolder, removeFolder } from './processes/folders.ts';
import { type BenchServer, withClient } from './support/postgres.ts';
import { type ProductRun, runProduct, startSimulatorProcess } from './processes/product.ts';
import { type Bench, ratioRow, valueRow } from './report/rows.ts';
import { settings } from './sync.bench.ts';

const files = {
  Sent: 'sent_events',
  Opens: 'open_events',
  Clicks: 'click_events',
} as const;

/** Extract files of the very events that a sync loads, imported as a process, beside that sync; and imported again. */
export const importFiles: Bench = {
  name: 'import',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const rounds = given ?? (isFull ? 5 : 2);
    const size = isFull ? ['--jobs', '8', '--events', '100000'] : ['--jobs', '2', '--events', '40000'];
    const simulator = await startSimulatorProcess(['--accounts', '7000001', ...size]);
    const folder = makeFolder();
    const bySync = { environment: { ...simulator.environment, ...settings }, args: ['sync', '--json'] };
    const byFile = { environment: settings, args: ['import', '--tracking-extract', folder] };
    const against: number[] = [];
    const again: number[] = [];
    const rates: number[] = [];
    const memory: number[] = [];
    try {
      // The first sync makes the simulator's world, and its tables the files.
      await runOnce(server, bySync, (url) => writeFiles(url, folder));
      for (let round = 0; round < rounds; round += 1) {
        const turns = [() => runOnce(server, bySync), () => runOnce(server, byFile, rowsIn)];
        const [first, second] = round % 2 === 0 ? turns : turns.toReversed();
        const results = [await first?.(), await second?.()];
        const [sync, imported] = round % 2 === 0 ? results : results.toReversed();
        if (sync === undefined || imported === undefined) continue;
        against.push(sync.run.seconds / imported.run.seconds);
        rates.push(imported.result / imported.run.seconds);
        memory.push(imported.run.peakRssMb);
        const repeated = await runTwice(server, byFile);
        again.push(sync.run.seconds / repeated.seconds);
      }
    } finally {
      await simulator.stop();
      removeFolder(folder);
    }
    return [
      ratioRow('import of files, against the sync of the same events', figureOf(against)),
      ratioRow('import of files that are there already, against that sync', figureOf(again)),
      {
        label: 'import',
        unit: 'events/s',
        ...figureOf(rates),
        note: `process start included; ${rounds} rounds`,
      },
      valueRow('peak resident memory', 'MB', Math.max(...memory)),
    ];
  },
};

interface Command {
  readonly environment: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

/** Runs the command on a database of its own, and looks at that. */
async function runOnce(
  server: BenchServer,
  { environment, args }: Command,
  look: (url: string) => Promise<number> = () => Promise.resolve(0),
): Promise<{ run: ProductRun; result: number }> {
  const database = await server.createDatabase();
  try {
    const run = await runProduct(args, { environment: { ...environment, DATABASE_URL: database.url } });
    return { run, result: await look(database.url) };
  } finally {
    await database.drop();
  }
}

/** The second of two runs on one database. */
async function runTwice(server: BenchServer, { environment, args }: Command): Promise<ProductRun> {
  const database = await server.createDatabase();
  const options = { environment: { ...environment, DATABASE_URL: database.url } };
  try {
    await runProduct(args, options);
    return await runProduct(args, options);
  } finally {
    await database.drop();
  }
}

async function writeFiles(url: string, folder: string): Promise<number> {
  await withClient(url, async (client) => {
    for (const [name, table] of Object.entries(files)) {
      const link = table === 'click_events' ? ', url_id as "URLID", url as "URL"' : '';
      const lines = await copyOut(
        client,
        `copy (select account_id as "ClientID", job_id as "SendID", subscriber_key as "SubscriberKey",
           subscriber_key as "EmailAddress", 1 as "SubscriberID", 2 as "ListID",
           to_char(occurred_at at time zone interval '-6 hours', 'FMMM/FMDD/YYYY FMHH12:MI:SS AM') as "EventDate",
           'Event' as "EventType"${link}, batch_id as "BatchID" from tracking.${table}) to stdout with (format csv, header)`,
      );
      writeFileSync(path.join(folder, `${name}.csv`), Buffer.concat(lines));
    }
  });
  return await rowsIn(url);
}

async function rowsIn(url: string): Promise<number> {
  return await withClient(url, async (client) => {
    const counts = Object.values(files).map((table) => `(select count(*) from tracking.${table})`);
    const { rows } = await client.query<{ count: string }>(`select ${counts.join(' + ')} as count`);
    return Number(rows[0]?.count);
  });
}
