import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type DotEnv, readDotEnv } from './dot-env.ts';
import { unknownSettings } from './unknown-settings.ts';
import { declarationFor, type SettingKey, settingKeys } from './settings.ts';
import { systemCode } from '../system-code.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface GivenSettings {
  /** Text per setting that was given, empty ones left out. */
  readonly texts: Readonly<Partial<Record<SettingKey, string>>>;
  /** What could not be read, one line each. */
  readonly problems: readonly string[];
  /** Names that look like settings and are none, one line each. */
  readonly warnings: readonly string[];
  /** Settings of which `.env` holds a part only, one line each. */
  readonly cutValues: readonly string[];
}

/**
 * Collects the settings that were given: the process environment first, then `.env` in the working directory.
 *
 * A name that is set but empty counts as not given, and hides the same name in `.env`.
 */
export function readEnvironment(env: Environment, cwd: string): GivenSettings {
  const problems: string[] = [];
  const file = dotEnvOf(cwd, problems);
  const dotEnv = file.values;
  const texts: Partial<Record<SettingKey, string>> = {};
  for (const key of settingKeys) {
    const text = textFrom(env, key, cwd, problems) ?? textFrom(dotEnv, key, cwd, problems);
    if (text !== undefined && text !== '') texts[key] = text;
  }
  return {
    texts,
    problems,
    warnings: unknownSettings([...Object.keys(env), ...Object.keys(dotEnv)]),
    cutValues: cutSettings(file, env),
  };
}

function dotEnvOf(cwd: string, problems: string[]): DotEnv {
  try {
    return readDotEnv(cwd);
  } catch (error) {
    problems.push(`${path.join(cwd, '.env')} cannot be read (${systemCode(error)})`);
    return { values: {}, cutNames: [] };
  }
}

/** One line for each setting that is taken from `.env` and ends there at a `#`. */
function cutSettings({ cutNames }: DotEnv, env: Environment): string[] {
  const names = settingKeys.map((key) => declarationFor(key).name);
  return names
    .filter((name) => cutNames.includes(name) && env[name] === undefined)
    .map((name) => `${name} in .env ends at its first #: put the value in quotes`);
}

/** Names that other programs read as well, in either case. */
const alsoInLowerCase = new Set(['HTTPS_PROXY', 'NO_PROXY']);

function textFrom(source: Environment, key: SettingKey, cwd: string, problems: string[]): string | undefined {
  const { name, mayBeFile } = declarationFor(key);
  const text = (source[name] ?? (alsoInLowerCase.has(name) ? source[name.toLowerCase()] : undefined))?.trim();
  const fileName = `${name}_FILE`;
  const file = mayBeFile ? source[fileName]?.trim() : undefined;
  if (file === undefined || file === '') return text;
  if (text !== undefined && text !== '') {
    problems.push(`${name} and ${fileName} are both set: set one of them`);
    return text;
  }
  try {
    return readFileSync(path.resolve(cwd, file), 'utf8').trim();
  } catch (error) {
    problems.push(`${fileName} is ${JSON.stringify(file)}: a file that can be read (${systemCode(error)})`);
    return undefined;
  }
}
