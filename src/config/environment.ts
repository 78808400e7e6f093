import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { declaredSetting, isSettingName, type SettingName, settingNames } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface GivenSettings {
  /** Text per setting that was given, empty ones left out. */
  readonly texts: Readonly<Partial<Record<SettingName, string>>>;
  /** What could not be read, one line each. */
  readonly problems: readonly string[];
  /** Names that look like ours and are not. */
  readonly warnings: readonly string[];
}

/**
 * Collects the settings that were given: the process environment first, then `.env` in the working directory.
 *
 * A name that is set but empty counts as given nothing, and hides the same name in `.env`.
 */
export function readEnvironment(env: Environment, cwd: string): GivenSettings {
  const problems: string[] = [];
  const dotEnv = readDotEnv(cwd, problems);
  const texts: Partial<Record<SettingName, string>> = {};
  for (const name of settingNames) {
    const text = textFrom(env, name, cwd, problems) ?? textFrom(dotEnv, name, cwd, problems);
    if (text !== undefined && text !== '') texts[name] = text;
  }
  return { texts, problems, warnings: misspelt([...Object.keys(env), ...Object.keys(dotEnv)]) };
}

function readDotEnv(cwd: string, problems: string[]): Environment {
  const file = path.join(cwd, '.env');
  try {
    return parseEnv(readFileSync(file, 'utf8').replace(/^\uFEFF/u, ''));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') problems.push(`${file} cannot be read (${codeOf(error)})`);
    return {};
  }
}

function textFrom(
  source: Environment,
  name: SettingName,
  cwd: string,
  problems: string[],
): string | undefined {
  const text = source[name]?.trim();
  const fileName = `${name}_FILE`;
  const file = declaredSetting(name).mayBeFile ? source[fileName]?.trim() : undefined;
  if (file === undefined || file === '') return text;
  if (text !== undefined && text !== '') {
    problems.push(`${name} and ${fileName} are both set: set one of them`);
    return text;
  }
  try {
    return readFileSync(path.resolve(cwd, file), 'utf8').trim();
  } catch (error) {
    problems.push(`${fileName} is ${JSON.stringify(file)}: a file that can be read (${codeOf(error)})`);
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}

function misspelt(names: readonly string[]): string[] {
  const warnings = new Set<string>();
  for (const name of names) {
    const base = name.replace(/_FILE$/u, '');
    if (isSettingName(name) || (isSettingName(base) && declaredSetting(base).mayBeFile)) continue;
    const nearest = nearestSetting(name);
    if (nearest !== undefined)
      warnings.add(`${name} is not a setting and was ignored: did you mean ${nearest}?`);
    else if (name.startsWith('SFMC_')) warnings.add(`${name} is not a setting and was ignored`);
  }
  return [...warnings];
}

function nearestSetting(name: string): SettingName | undefined {
  // Short names are near to many others by accident.
  const farthest = name.length < 8 ? 0 : name.length < 12 ? 1 : 2;
  return settingNames.find((known) => distance(name, known, farthest) <= farthest);
}

/** Letters to insert, drop or change; anything beyond `farthest` is just too far. */
function distance(from: string, to: string, farthest: number): number {
  if (Math.abs(from.length - to.length) > farthest) return farthest + 1;
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** Accepted names whose feature is not there yet: who sets one should know. */
const namesWithoutEffect: readonly SettingName[] = [
  'RETENTION_MONTHS',
  'ALERT_WEBHOOK_URL',
  'REPORTING_TIMEZONE',
];

/** One warning for each of them that is set. */
export function withoutEffect(texts: Partial<Record<SettingName, string>>): string[] {
  const set = namesWithoutEffect.filter((name) => texts[name] !== undefined);
  return set.map((name) => `${name} has no effect in this version`);
}
