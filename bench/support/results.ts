import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Results } from './report.ts';

export const resultsDir = path.join(import.meta.dirname, '..', 'results');

const pointShape = z.tuple([z.number(), z.number()]).readonly();
const lineShape = z.object({ name: z.string(), points: z.array(pointShape) });
const goalShape = z.object({
  least: z.number().exactOptional(),
  most: z.number().exactOptional(),
  aim: z.number().exactOptional(),
});
const rowShape = z.object({
  ...{ label: z.string(), unit: z.string(), note: z.string().exactOptional() },
  // What could not be measured is written as null.
  ...{ median: z.number().nullable(), least: z.number().nullable(), most: z.number().nullable() },
  goal: goalShape.exactOptional(),
});
const resultsShape = z.looseObject({
  form: z.enum(['quick', 'full']),
  environment: z.looseObject({ at: z.string() }),
  benches: z.record(z.string(), z.array(rowShape)),
  curves: z
    .record(
      z.string(),
      z.array(
        z.object({
          ...{ name: z.string(), title: z.string(), x: z.string(), y: z.string() },
          isXLogarithmic: z.boolean().optional(),
          lines: z.array(lineShape),
        }),
      ),
    )
    .default({}),
});

/** A run as it was kept. */
export type KeptResults = z.infer<typeof resultsShape>;

/** Keeps a run under its day, kind of machine and form; benches that are not in it stay as they were that day. */
export function keepResults(results: Results): string {
  const { at, cores, platform } = results.environment;
  mkdirSync(resultsDir, { recursive: true });
  const name = `${at.slice(0, 10)}-${platform.replace(' ', '-')}-${cores}-cores-${results.form}.json`;
  const before = readResults().find((kept) => kept.name === name)?.results;
  const merged = {
    ...results,
    benches: { ...before?.benches, ...results.benches },
    curves: { ...before?.curves, ...results.curves },
  };
  writeFileSync(path.join(resultsDir, name), `${JSON.stringify(merged, undefined, 2)}\n`);
  return name;
}

/** All that was kept, oldest first, and of one day the quick form before the full one. */
export function readResults(): { name: string; results: KeptResults }[] {
  return readdirSync(resultsDir)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({
      name,
      results: resultsShape.parse(JSON.parse(readFileSync(path.join(resultsDir, name), 'utf8'))),
    }))
    .sort((a, b) => orderOf(a.results).localeCompare(orderOf(b.results)));
}

function orderOf({ environment, form }: KeptResults): string {
  return `${environment.at.slice(0, 10)} ${form === 'full' ? 1 : 0}`;
}
