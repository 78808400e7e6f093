import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { buildCli } from '../../test/support/program/built-cli.ts';
import { startNode, startServing } from './children.ts';
import { makeFolder, removeFolder } from './folders.ts';

const root = path.join(import.meta.dirname, '..', '..');
const usageShape = z.object({ at: z.number(), cpuSeconds: z.number(), rssMb: z.number() });
export type Usage = z.infer<typeof usageShape>;

export interface ProductRun {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Most memory the process ever had resident. */
  readonly peakRssMb: number;
  readonly usage: readonly Usage[];
  readonly stdout: string;
}

const bin = path.join(root, 'bin', 'sfmc-tracking.js');

/** How `npm run cli` and the installed command start Node: as the command's first line says. */
const firstLine = /^#!\S+ -S ((?:\w+=\S+ )*)node (.+)$/mu.exec(readFileSync(bin, 'utf8'));
if (firstLine === null) throw new Error(`${bin} does not say how Node is started`);
const shippedEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  [...(firstLine[1] ?? '').matchAll(/(\w+)=(\S+)/gu)].map(([, name = '', value = '']) => [name, value]),
);
export const shippedFlags = firstLine[2]?.split(' ') ?? [];

export interface ProductOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly nodeArguments?: readonly string[];
  readonly exitCodes?: readonly number[];
  /** Stops the process, as Ctrl-C does. */
  readonly stop?: AbortSignal;
}

/** Built once: what a checkout loads besides, file by file, no operator has. */
let shipped: string | undefined;

/** Runs the command of the package as a process of its own, as an operator does. */
export async function runProduct(args: readonly string[], options: ProductOptions): Promise<ProductRun> {
  const dir = makeFolder();
  const usageFile = path.join(dir, 'usage');
  const { environment, nodeArguments = shippedFlags, exitCodes = [0] } = options;
  const watch = path.join(import.meta.dirname, 'watch-usage.js');
  shipped ??= buildCli();
  const startedAtMs = performance.now();
  const child = startNode(['--import', watch, ...nodeArguments, shipped, ...args], {
    ...{
      cwd: dir,
      env: { ...plainEnvironment(), ...shippedEnvironment, ...environment, BENCH_USAGE_FILE: usageFile },
    },
    ...{ stdout: 'pipe', stderr: 'pipe', profile: args[0] ?? 'product' },
  });
  options.stop?.addEventListener('abort', () => child.kill('SIGINT'));
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (piece) => (stdout += String(piece)));
  child.stderr?.on('data', (piece) => (stderr = `${stderr}${String(piece)}`.slice(-4000)));
  const ended: readonly unknown[] = await once(child, 'close');
  const code = ended[0];
  const seconds = (performance.now() - startedAtMs) / 1000;
  const usage = readFileSync(usageFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => usageShape.parse(JSON.parse(line)));
  removeFolder(dir);
  if (!exitCodes.includes(Number(code)))
    throw new Error(`${args.join(' ')} ended with ${String(code)}: ${stderr}`);
  const last = usage.at(-1);
  return { seconds, cpuSeconds: last?.cpuSeconds ?? NaN, peakRssMb: last?.rssMb ?? NaN, usage, stdout };
}

export interface SimulatorProcess {
  readonly environment: Readonly<Record<string, string>>;
  readonly url: string;
  /** Since its start; not a number where it cannot be read. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** The simulator in a process of its own; ready when it has printed where it listens. */
export async function startSimulatorProcess(args: readonly string[]): Promise<SimulatorProcess> {
  const file = path.join(root, 'simulator', 'main.ts');
  const { line, ...server } = await startServing(
    file,
    ['--port', '0', '--json', ...args],
    plainEnvironment(),
  );
  const environment = z.record(z.string(), z.string()).parse(JSON.parse(line));
  return { environment, url: environment['SFMC_SOAP_URL'] ?? '', ...server };
}

/** What a process needs to run at all; settings of the one who runs the benchmark stay out. */
function plainEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name] ?? '']])),
  );
}
