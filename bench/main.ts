import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { disk } from './disk.bench.ts';
import { endToEnd } from './end-to-end.bench.ts';
import { growth } from './growth.bench.ts';
import { idleSync } from './idle-sync.bench.ts';
import { latency } from './latency.bench.ts';
import { load } from './load.bench.ts';
import { describeMachine } from './measure.ts';
import { memory } from './memory.bench.ts';
import { parse } from './parse.bench.ts';
import { queue } from './queue.bench.ts';
import { status } from './status.bench.ts';
import { startBenchServer } from './support/postgres.ts';
import type { BenchServer } from './support/postgres.ts';
import type { Bench, Results, Row } from './support/report.ts';
import { tableOf } from './support/report.ts';
import { sync } from './sync.bench.ts';

const benches: readonly Bench[] = [
  ...[parse, load, endToEnd, sync, memory, latency],
  ...[disk, queue, idleSync, status, growth],
];

const usage = `npm run bench -- [names…] [--quick | --full] [--rounds N]
names: ${benches.map(({ name }) => name).join(' ')}`;

await main();

async function main(): Promise<void> {
  const { names, isFull, rounds } = readArguments();
  const chosen = benches.filter(({ name, isFullOnly }) =>
    names.length === 0 ? isFull || isFullOnly !== true : names.includes(name),
  );
  const machine = describeMachine(new Date());
  const server = await startBenchServer(process.env['BENCH_DATABASE_URL']);
  try {
    const rows: Record<string, readonly Row[]> = {};
    for (const bench of chosen) {
      const startedAtMs = performance.now();
      rows[bench.name] = await bench.run({ isFull, rounds, server });
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
      console.log(`\n## ${bench.name} (${seconds} s)\n\n${tableOf(rows[bench.name] ?? [])}`);
    }
    // Parts of a day would be taken for one run.
    if (names.length > 0) return;
    keep({
      form: isFull ? 'full' : 'quick',
      environment: { ...machine, postgres: server.version, postgresSettings: settingsOf(server) },
      benches: rows,
    });
  } finally {
    await server.stop();
  }
}

function readArguments(): { names: string[]; isFull: boolean; rounds: number | undefined } {
  try {
    const { values, positionals: names } = parseArgs({
      allowPositionals: true,
      options: { quick: { type: 'boolean' }, full: { type: 'boolean' }, rounds: { type: 'string' } },
    });
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    const isKnown = names.every((name) => benches.some((bench) => bench.name === name));
    if (!isKnown || (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)))
      throw new Error(usage);
    return { names, isFull: values.full === true && values.quick !== true, rounds };
  } catch (error) {
    console.error(error instanceof Error && error.message !== usage ? `${error.message}\n${usage}` : usage);
    process.exit(2);
  }
}

function settingsOf({ settings, isEmbedded }: BenchServer): Readonly<Record<string, string>> {
  return { ...settings, server: isEmbedded ? 'embedded' : 'BENCH_DATABASE_URL' };
}

/** One file per day, kind of machine and form; a later run of the same day takes its place. */
function keep(results: Results): void {
  const { at, cores, platform } = results.environment;
  const dir = path.join(import.meta.dirname, 'results');
  mkdirSync(dir, { recursive: true });
  const name = `${at.slice(0, 10)}-${platform.replace(' ', '-')}-${cores}-cores-${results.form}.json`;
  writeFileSync(path.join(dir, name), `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(`\nKept in bench/results/${name}`);
}
