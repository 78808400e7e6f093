import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Results } from './rows.ts';

const resultsDir = path.join(import.meta.dirname, '..', 'results');

// JSON has no word for what is not a number: a figure that was not measured.
const figureShape = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);

const keptShape = z.looseObject({
  form: z.enum(['quick', 'full']),
  environment: z.looseObject({
    at: z.string(),
    program: z.string().optional(),
    cpu: z.string(),
    cores: z.number(),
    memoryGb: z.number(),
    loadAverage: z.array(z.number()),
    platform: z.string(),
    node: z.string(),
    postgres: z.string().optional(),
  }),
  benches: z.record(
    z.string(),
    z.array(
      z.looseObject({
        label: z.string(),
        unit: z.string(),
        ...{ median: figureShape, least: figureShape, most: figureShape },
      }),
    ),
  ),
});

/** What was measured on one machine on one day. */
export type KeptResults = z.infer<typeof keptShape>;

/** Keeps a run under its day, machine and form; benches that are not in it stay as they were that day. */
export function keepResults(results: Results): string {
  mkdirSync(resultsDir, { recursive: true });
  const name = nameOf(results);
  const file = path.join(resultsDir, name);
  const before = existsSync(file) ? keptShape.parse(JSON.parse(readFileSync(file, 'utf8'))) : { benches: {} };
  const merged = { ...results, benches: { ...before.benches, ...results.benches } };
  writeFileSync(file, `${JSON.stringify(merged, undefined, 2)}\n`);
  return name;
}

/** All that is kept, the oldest first. */
export function readKeptResults(): KeptResults[] {
  return globSync('*.json', { cwd: resultsDir })
    .map((name) => keptShape.parse(JSON.parse(readFileSync(path.join(resultsDir, name), 'utf8'))))
    .toSorted((one, other) => (one.environment.at < other.environment.at ? -1 : 1));
}

/** So that two machines that measure on one day do not overwrite each other. */
export function nameOf({
  environment: { at, cpu, cores, platform },
  form,
}: Pick<Results, 'environment' | 'form'>): string {
  const kind = cpu
    .replaceAll(/\([^)]*\)|@.*|\b(?:cpu|processor|\d+-core)\b/giu, ' ')
    .trim()
    .replaceAll(/[^a-z\d]+/giu, '-')
    .toLowerCase();
  return `${at.slice(0, 10)}-${platform.replace(' ', '-')}-${kind}-${cores}-cores-${form}.json`;
}
