import { mkdtempSync } from 'node:fs';
import inspector from 'node:inspector';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { analyst } from './analyst.bench.ts';
import { disk } from './disk.bench.ts';
import { endToEnd } from './end-to-end.bench.ts';
import { growth } from './growth.bench.ts';
import { idleSync } from './idle-sync.bench.ts';
import { importFiles } from './import.bench.ts';
import { latency } from './latency.bench.ts';
import { load } from './load.bench.ts';
import { describeMachine, type Environment } from './measure.ts';
import { memory } from './memory.bench.ts';
import { parse } from './parse.bench.ts';
import { people } from './people.bench.ts';
import { priorities } from './priorities.bench.ts';
import { queue } from './queue.bench.ts';
import { rollups } from './rollups.bench.ts';
import { status } from './status.bench.ts';
import { statusPage } from './status-page.bench.ts';
import { goalsWithoutFigure, withGoals } from './report/goals.ts';
import { keepResults } from './report/kept-results.ts';
import { isProfiled } from './report/profiler.ts';
import { writeGoals } from './report/results-page.ts';
import { tableOf } from './report/table.ts';
import { commitOfSources, endChildren, profileInto } from './processes/children.ts';
import { removeFolders } from './processes/folders.ts';
import { type BenchServer, startBenchServer } from './support/postgres.ts';
import type { Bench } from './report/rows.ts';
import { sync } from './sync.bench.ts';
import { tail } from './tail.bench.ts';
import { workers } from './workers.bench.ts';

const benches: readonly Bench[] = [
  ...[parse, load, endToEnd, sync, importFiles],
  ...[memory, latency, workers, priorities],
  ...[disk, queue, idleSync, status, statusPage],
  ...[rollups, analyst, people],
  growth,
  tail,
];

const usage = `npm run bench -- [names…] [--quick | --full] [--rounds N] [--tasks N] [--keep] [--profile]
npm run bench -- report
names: ${benches.map(({ name }) => name).join(' ')}`;

interface Arguments {
  readonly names: readonly string[];
  readonly isFull: boolean;
  readonly rounds: number | undefined;
  readonly tasks: number | undefined;
  /** Figures are kept: those of all benches always, those of a few only when asked for. */
  readonly isKept: boolean;
  /** A folder for CPU profiles of what is measured. */
  readonly profileDir: string | undefined;
}

await main();

async function main(): Promise<void> {
  const given = readArguments();
  if (given.names.includes('report')) {
    writeGoals();
    return;
  }
  if (given.profileDir !== undefined) profileInto(given.profileDir);
  const machine = describeMachine(new Date());
  const starting = startBenchServer(process.env['BENCH_DATABASE_URL']);
  const stopping = stopOnSignal(starting);
  const server = await starting;
  try {
    await runBenches(given, server, machine);
  } catch (error) {
    // What ran when it was stopped fails, and that is nothing to report: the process ends with its server.
    if (stopping.aborted) return;
    endChildren();
    await server.stop();
    throw error;
  }
  if (!stopping.aborted) await server.stop();
}

/** At SIGTERM, Ctrl-C or the end of the terminal the server ends and its folder is removed, as after the last benchmark. */
function stopOnSignal(starting: Promise<BenchServer>): AbortSignal {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => {
      if (stopping.signal.aborted) return;
      stopping.abort();
      endChildren();
      void starting
        .then((server) => server.stop())
        .finally(() => {
          removeFolders();
          process.exit(128 + os.constants.signals[name]);
        });
    });
  }
  return stopping.signal;
}

async function runBenches(
  { names, isFull, rounds, tasks, isKept, profileDir }: Arguments,
  server: BenchServer,
  machine: Environment,
): Promise<void> {
  const form = isFull ? 'full' : 'quick';
  const program = commitOfSources();
  const environment = {
    ...{ ...machine, ...(program === undefined ? {} : { program }) },
    postgres: server.version,
    postgresSettings: settingsOf(server),
  };
  const chosen = benches.filter(({ name, isFullOnly }) =>
    names.length === 0 ? isFull || isFullOnly !== true : names.includes(name),
  );
  for (const bench of chosen) {
    const startedAtMs = performance.now();
    const measured = await bench.run({ isFull, rounds, tasks, server });
    const rows = withGoals(bench.name, measured, form);
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
    const isJudged = profileDir === undefined && !isObserved();
    console.log(`\n## ${bench.name} (${seconds} s)\n\n${tableOf(rows, !isJudged)}`);
    const unjudged = goalsWithoutFigure(bench.name, rows, form);
    if (unjudged.length > 0) {
      console.error(`\nNo figure of ${bench.name} has the name of a goal: ${unjudged.join('; ')}`);
      process.exitCode = 1;
    }
    if (!isKept || !isJudged) continue;
    // At once: what comes later may fail.
    const name = keepResults({ form, environment, benches: { [bench.name]: rows } });
    writeGoals();
    console.log(`\nKept in bench/results/${name}; the goals in bench/RESULTS.md follow`);
  }
  if (profileDir !== undefined)
    console.log(`\nCPU profiles are in ${profileDir}: nothing was judged or kept`);
}

/** Whether a profiler or a debugger changes what is measured. */
function isObserved(): boolean {
  return isProfiled({
    ...{ nodeArguments: process.execArgv, nodeOptions: process.env['NODE_OPTIONS'] },
    inspectorUrl: inspector.url(),
  });
}

function readArguments(): Arguments {
  try {
    const { values, positionals: names } = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean' },
        full: { type: 'boolean' },
        rounds: { type: 'string' },
        tasks: { type: 'string' },
        keep: { type: 'boolean' },
        profile: { type: 'boolean' },
      },
    });
    const [rounds, tasks] = [values.rounds, values.tasks].map((value) =>
      value === undefined ? undefined : Number(value),
    );
    const isReport = names.length === 1 && names[0] === 'report';
    const isKnown = isReport || names.every((name) => benches.some((bench) => bench.name === name));
    const isCount = (value = 1) => Number.isInteger(value) && value > 0;
    if (!isKnown || !isCount(rounds) || !isCount(tasks)) throw new Error(usage);
    const isFull = values.full === true && values.quick !== true;
    const isKept = names.length === 0 || values.keep === true;
    const profileDir =
      values.profile === true ? mkdtempSync(path.join(os.tmpdir(), 'sfmc-tracking-profiles-')) : undefined;
    return { names, isFull, rounds, tasks, isKept, profileDir };
  } catch (error) {
    console.error(error instanceof Error && error.message !== usage ? `${error.message}\n${usage}` : usage);
    process.exit(2);
  }
}

function settingsOf({ settings, isEmbedded }: BenchServer): Readonly<Record<string, string>> {
  return { ...settings, server: isEmbedded ? 'embedded' : 'BENCH_DATABASE_URL' };
}
