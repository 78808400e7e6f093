import path from 'node:path';
import { ConfigInvalidError } from '../errors.ts';
import { program } from '../invocation.ts';
import { checkTogether, type ConfigNeed, type GivenValues } from './check-together.ts';
import { defaultDataDir } from './default-data-dir.ts';
import { type Environment, type GivenSettings, readEnvironment } from './environment.ts';
import type { Secret } from './setting-kinds.ts';
import {
  declarationFor,
  isSettingKey,
  type SettingKey,
  settingKeys,
  type SettingValues,
} from './settings.ts';

export interface LoadConfigOptions {
  /** Working directory: where `.env` and relative paths begin. */
  readonly cwd: string;
  /** What the command is about to use; settings it does not use may be missing, never wrong. */
  readonly needs?: readonly ConfigNeed[];
  /** `HTTP_PORT` where it is not set: it differs by command. */
  readonly httpPortDefault?: number | 'off';
  /** Lines about wrong options of the command, to be named together with the wrong settings. */
  readonly optionProblems?: readonly string[];
  /** Checks `SYNC_SCHEDULE`; only a command that schedules brings such a check. */
  readonly isScheduleExpression?: (expression: string) => boolean;
}

export type Credentials =
  | { readonly kind: 'oauth'; readonly clientId: string; readonly clientSecret: Secret }
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret };

export type Config = Readonly<ReturnType<typeof configFrom>>;

/**
 * The environment as one frozen, validated object; printing it shows no secret.
 *
 * @throws {ConfigInvalidError} naming every wrong setting and option at once, one line each.
 */
export function loadConfig(env: Environment, options: LoadConfigOptions): Config {
  const given = readEnvironment(env, options.cwd);
  const { values, wrong, lines } = parseSettings(given.texts);
  const settingProblems = [...given.problems, ...lines, ...checkTogether({ values, wrong }, options)];
  const problems = [...(options.optionProblems ?? []), ...settingProblems];
  if (problems.length > 0) {
    throw new ConfigInvalidError([messageOf(problems, given.texts, options), ...given.cutValues].join('\n'), {
      problems,
    });
  }
  return Object.freeze(configFrom(values, env, options, given));
}

type Texts = GivenSettings['texts'];

/** Values of all settings that are right, and one line for each that is not. */
function parseSettings(texts: Texts): GivenValues & { lines: string[] } {
  const values: Record<string, unknown> = {};
  const wrong = new Set<SettingKey>();
  const lines: string[] = [];
  for (const key of settingKeys) {
    const { read, default: unset, expected, faultOf } = declarationFor(key);
    const text = texts[key];
    const given = text === undefined ? undefined : read(text);
    if (text !== undefined && given === undefined) {
      wrong.add(key);
      lines.push(`${quoted(key, text)}: ${faultOf?.(text) ?? expected}`);
    }
    // One that is wrong counts as not given, so that the others are checked against each other and all problems are named.
    values[key] = given ?? (unset === undefined ? undefined : read(unset));
  }
  if (!areComplete(values)) throw new Error('a setting has no value');
  return { values, wrong, lines };
}

function areComplete(values: Readonly<Record<string, unknown>>): values is SettingValues {
  return settingKeys.every((key) => Object.hasOwn(values, key));
}

/** A wrong value may be quoted, a wrong secret may not. */
function quoted(key: SettingKey, text: string): string {
  const { name, mayBeFile } = declarationFor(key);
  return mayBeFile ? `${name} is not accepted` : `${name} is ${JSON.stringify(text)}`;
}

function messageOf(problems: string[], texts: Texts, options: LoadConfigOptions): string {
  const { needs = [], optionProblems = [] } = options;
  const keys = Object.keys(texts).filter(isSettingKey);
  const isUntouched =
    needs.includes('marketing-cloud') && !keys.some((key) => declarationFor(key).name.startsWith('SFMC_'));
  const what = ['settings', 'options and settings', 'options'][
    optionProblems.length === problems.length ? 2 : Math.min(optionProblems.length, 1)
  ];
  const heading = problems.length === 1 ? [] : [`${problems.length} ${what ?? ''} are missing or wrong:`];
  const indent = problems.length === 1 ? '' : '  ';
  const advice = isUntouched ? [`no account? \`${program} demo\` needs none`] : [];
  return [...heading, ...problems.map((line) => indent + line), ...advice].join('\n');
}

/** The settings by their keys, with those that depend on others or on the machine. */
function configFrom(
  values: SettingValues,
  env: Environment,
  { cwd, httpPortDefault = 'off' }: LoadConfigOptions,
  { warnings, cutValues }: GivenSettings,
) {
  const { subdomain, clientId, clientSecret, username, password, subscriberKeySecret, ...rest } = values;
  const host = (service: string) =>
    subdomain === undefined ? undefined : `https://${subdomain}.${service}.marketingcloudapis.com`;
  return {
    ...rest,
    /** Undefined where the command needs none. */
    credentials: credentialsFrom({ clientId, clientSecret, username, password }),
    /** Undefined where subscriber keys are stored as they are sent. */
    keySecret: values.subscriberKeyMode === 'hmac' ? subscriberKeySecret : undefined,
    authUrl: values.authUrl ?? host('auth'),
    /** Where neither `soapUrl` is set nor the token response names one. */
    subdomainSoapUrl: host('soap'),
    accountIds: values.accountIds ?? [],
    /** Months by event type; one without an entry keeps all. */
    retention: values.retention ?? new Map<string, number>(),
    dataDir: path.resolve(cwd, values.dataDir ?? defaultDataDir(env, cwd)),
    httpPort: values.httpPort ?? httpPortDefault,
    /** Names that look like settings and are none: commands that run log them. */
    warnings,
    /** Settings of which `.env` holds a part only: every command says so. */
    cutValues,
  };
}

function credentialsFrom({
  clientId,
  clientSecret,
  username,
  password,
}: Pick<SettingValues, 'clientId' | 'clientSecret' | 'username' | 'password'>): Credentials | undefined {
  if (clientId !== undefined && clientSecret !== undefined) return { kind: 'oauth', clientId, clientSecret };
  if (username !== undefined && password !== undefined) return { kind: 'password', username, password };
  return undefined;
}
