import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

const profileShape = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.number()).default([]),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

const root = pathToFileURL(path.join(import.meta.dirname, '..', '..', path.sep)).href;

type Profile = z.infer<typeof profileShape>;

/** Where CPU profiles of our own side go; undefined where none are wanted. */
function profileDir(): string | undefined {
  return process.env['BENCH_PROFILE_DIR'];
}

/** Arguments that make a whole process of Node leave its profile. */
export function profilingArguments(): string[] {
  const dir = profileDir();
  return dir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${dir}`];
}

/** Runs the work and leaves a profile of nothing else. */
export async function profiled<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
  const dir = profileDir();
  if (dir === undefined) return run();
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  const result = await run();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, `${name}-${process.pid}-${Date.now()}.cpuprofile`), JSON.stringify(profile));
  return result;
}

/** Where the CPU of the profiles in a folder went: own time by module or package, as a Markdown table. */
export function profileTable(dir: string): string {
  const times = new Map<string, number>();
  mkdirSync(dir, { recursive: true });
  const files = readdirSync(dir).filter((name) => name.endsWith('.cpuprofile'));
  if (files.length === 0)
    return 'Nothing of it was profiled: too few turns after the warm-up, or none of ours.';
  for (const file of files)
    addTimes(times, profileShape.parse(JSON.parse(readFileSync(path.join(dir, file), 'utf8'))));

  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  const shareOf = (time: number): string => `${((time / total) * 100).toFixed(1)} %`;
  const sorted = [...times].sort(([, a], [, b]) => b - a);
  const shown = sorted.filter(([, time]) => time / total >= 0.015);
  const rest = total - shown.reduce((sum, [, time]) => sum + time, 0);
  return [
    `| where our CPU goes (${files.length} profiles) | share | own time |`,
    '| --- | --- | --- |',
    ...[...shown, ['everything else', rest] as const].map(
      ([place, time]) => `| ${place} | ${shareOf(time)} | ${(time / 1000).toFixed(0)} ms |`,
    ),
  ].join('\n');
}

function addTimes(times: Map<string, number>, { nodes, samples, timeDeltas }: Profile): void {
  const parents = new Map(nodes.flatMap(({ id, children }) => children.map((child) => [child, id] as const)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const placeOf = (id: number): string | undefined => {
    const frames = stackOf(id, parents).flatMap((at) => byId.get(at)?.callFrame ?? []);
    if (frames.some(({ url }) => url.startsWith('node:internal/modules'))) return 'Node: loading modules';
    const [place, ...callers] = frames.map(placeOfFrame);
    // What Node does, it does for somebody.
    const caller = callers.find((one) => one !== undefined && !one.startsWith('Node: '));
    return place?.startsWith('Node: ') === true && caller !== undefined ? `${place}, for ${caller}` : place;
  };
  const places = new Map(nodes.map(({ id }) => [id, placeOf(id)]));
  for (const [at, id] of samples.entries()) {
    const place = places.get(id);
    if (place !== undefined) times.set(place, (times.get(place) ?? 0) + (timeDeltas[at] ?? 0));
  }
}

/** The node and those that called it, innermost first. */
function stackOf(id: number, parents: ReadonlyMap<number, number>): number[] {
  const stack: number[] = [];
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) stack.push(at);
  return stack;
}

interface Frame {
  readonly functionName: string;
  readonly url: string;
}

/** Undefined for waiting, which is no work. */
function placeOfFrame({ url, functionName }: Frame): string | undefined {
  if (functionName === '(idle)' || functionName === '(root)') return undefined;
  // Starting to measure is no work either.
  if (url.includes('inspector')) return undefined;
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(program)') return 'V8 and libuv themselves';
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  if (url.startsWith(root)) {
    const own = url.slice(root.length);
    return own.startsWith('src/') ? own : 'the benchmark itself';
  }
  if (url.startsWith('node:')) {
    return `Node: ${
      url
        .slice(5)
        .replace(/^internal\//, '')
        .split('/')[0] ?? ''
    }`;
  }
  return functionName === '' ? 'Node: unnamed' : `Node: ${functionName}()`;
}
