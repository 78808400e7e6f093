import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Results } from './report.ts';

const resultsDir = path.join(import.meta.dirname, '..', 'results');
const keptShape = z.looseObject({ benches: z.record(z.string(), z.unknown()) });

/** Keeps a run under its day, kind of machine and form; benches that are not in it stay as they were that day. */
export function keepResults(results: Results): string {
  const { at, cores, platform } = results.environment;
  mkdirSync(resultsDir, { recursive: true });
  const name = `${at.slice(0, 10)}-${platform.replace(' ', '-')}-${cores}-cores-${results.form}.json`;
  const file = path.join(resultsDir, name);
  const before = existsSync(file) ? keptShape.parse(JSON.parse(readFileSync(file, 'utf8'))) : { benches: {} };
  const merged = { ...results, benches: { ...before.benches, ...results.benches } };
  writeFileSync(file, `${JSON.stringify(merged, undefined, 2)}\n`);
  return name;
}
