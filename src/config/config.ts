import path from 'node:path';
import { ConfigInvalidError } from '../errors.ts';
import { defaultDataDir } from './default-data-dir.ts';
import { type Environment, readEnvironment, withoutEffect } from './environment.ts';
import { isLoopbackHost, isLoopbackUrl, type Secret } from './setting-kinds.ts';
import {
  declaredSetting,
  isSettingName,
  type SettingName,
  settings,
  type SettingValues,
} from './settings.ts';

/** What a command is about to use; settings it does not use may be missing, never wrong. */
export type ConfigNeed = 'marketing-cloud' | 'http';

export interface LoadConfigOptions {
  /** Working directory: where `.env` and relative paths begin. */
  readonly cwd: string;
  readonly needs?: readonly ConfigNeed[];
  /** `HTTP_PORT` where it is not set: it differs by command. */
  readonly httpPortDefault?: number | 'off';
}

export type Credentials =
  | { readonly kind: 'oauth'; readonly clientId: string; readonly clientSecret: Secret }
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret };

export type Config = Readonly<ReturnType<typeof configFrom>>;

/**
 * The environment as one frozen, validated object; printing it shows no secret.
 *
 * @throws {ConfigInvalidError} naming every wrong setting at once, one line each.
 */
export function loadConfig(env: Environment, options: LoadConfigOptions): Config {
  const given = readEnvironment(env, options.cwd);
  const { values, wrong, lines } = parseSettings(given.texts);
  const problems = [...given.problems, ...lines, ...checkTogether(values, wrong, options)];
  if (problems.length > 0)
    throw new ConfigInvalidError(messageOf(problems, given.texts, options), { problems });
  return Object.freeze(configFrom(values, env, options, [...given.warnings, ...withoutEffect(given.texts)]));
}

type Texts = Partial<Record<SettingName, string>>;

/** Values of all settings that are right, and one line for each that is not. */
function parseSettings(texts: Texts): { values: SettingValues; wrong: Set<SettingName>; lines: string[] } {
  const first = settings.safeParse(texts);
  if (first.success) return { values: first.data, wrong: new Set(), lines: [] };
  const reasons = new Map<SettingName, string>();
  for (const issue of first.error.issues) {
    const name = String(issue.path[0]);
    if (!isSettingName(name) || reasons.has(name)) continue;
    reasons.set(
      name,
      issue.code === 'custom' && issue.message !== 'Invalid input'
        ? issue.message
        : declaredSetting(name).expected,
    );
  }
  const lines = [...reasons].map(([name, reason]) => `${shown(name, texts[name] ?? '')}: ${reason}`);
  // The settings that are right are still checked against each other, so that nothing comes up later.
  const right = Object.fromEntries(
    Object.entries(texts).filter(([name]) => !isSettingName(name) || !reasons.has(name)),
  );
  return { values: settings.parse(right), wrong: new Set(reasons.keys()), lines };
}

/** A wrong value may be quoted, a wrong secret may not. */
function shown(name: SettingName, text: string): string {
  return declaredSetting(name).mayBeFile ? `${name} is not accepted` : `${name} is ${JSON.stringify(text)}`;
}

function missing(name: SettingName, alternative = ''): string {
  return `${name} is not set: ${declaredSetting(name).expected}${alternative}`;
}

/** What single settings cannot show: that they fit each other and the command's needs. */
function checkTogether(
  values: SettingValues,
  wrong: Set<SettingName>,
  { needs = [], httpPortDefault }: LoadConfigOptions,
): string[] {
  const lines = [
    ...(needs.includes('marketing-cloud') ? checkMarketingCloud(values, wrong) : []),
    ...(needs.includes('http') ? checkHttp(values, wrong, httpPortDefault) : []),
  ];
  // Who asks for hashed keys must not get plain ones.
  if (values.SUBSCRIBER_KEY_MODE === 'hmac')
    lines.push('SUBSCRIBER_KEY_MODE is "hmac": only plain is there in this version');

  return lines;
}

function checkMarketingCloud(values: SettingValues, wrong: Set<SettingName>): string[] {
  const given = (name: SettingName) => values[name] !== undefined || wrong.has(name);
  const lines: string[] = [];
  const isPassword = given('SFMC_USERNAME') || given('SFMC_PASSWORD');
  const isOauth = given('SFMC_CLIENT_ID') || given('SFMC_CLIENT_SECRET') || !isPassword;
  if (isOauth && isPassword)
    lines.push('SFMC_CLIENT_ID and SFMC_USERNAME are both set: one way to sign in, with its secret');

  const wanted: readonly SettingName[] = isOauth
    ? ['SFMC_CLIENT_ID', 'SFMC_CLIENT_SECRET']
    : ['SFMC_USERNAME', 'SFMC_PASSWORD'];
  if (isOauth !== isPassword)
    lines.push(...wanted.filter((name) => !given(name)).map((name) => missing(name)));

  const url = isOauth ? 'SFMC_AUTH_URL' : 'SFMC_SOAP_URL';
  if (!given('SFMC_SUBDOMAIN') && !given(url))
    lines.push(missing('SFMC_SUBDOMAIN', ' (or SFMC_AUTH_URL and SFMC_SOAP_URL)'));

  const isLoopback = isLoopbackUrl(values.SFMC_SOAP_URL ?? values.SFMC_AUTH_URL ?? '');
  if (values.STATUS_POLL_SECONDS < slowestLoopbackPollMs && !isLoopback) {
    lines.push(
      `STATUS_POLL_SECONDS is ${values.STATUS_POLL_SECONDS / 1000}: at least 60, unless SFMC_SOAP_URL is a loopback host`,
    );
  }
  return lines;
}

// Marketing Cloud: asking for the system status more than once a minute helps nobody during an outage.
const slowestLoopbackPollMs = 60_000;

function checkHttp(
  values: SettingValues,
  wrong: Set<SettingName>,
  httpPortDefault: number | 'off' = 'off',
): string[] {
  if ((values.HTTP_PORT ?? httpPortDefault) === 'off' || isLoopbackHost(values.HTTP_HOST)) return [];
  if (values.HTTP_TOKEN !== undefined || wrong.has('HTTP_TOKEN')) return [];
  return [missing('HTTP_TOKEN', ` (HTTP_HOST is ${values.HTTP_HOST}, which others can reach)`)];
}

function messageOf(problems: string[], texts: Texts, { needs = [] }: LoadConfigOptions): string {
  const isUntouched =
    needs.includes('marketing-cloud') && !Object.keys(texts).some((name) => name.startsWith('SFMC_'));
  const heading = problems.length === 1 ? [] : [`${problems.length} settings are missing or wrong:`];
  const indent = problems.length === 1 ? '' : '  ';
  const advice = isUntouched ? ['no account at hand? `sfmc-tracking demo` needs none'] : [];
  return [...heading, ...problems.map((line) => indent + line), ...advice].join('\n');
}

function configFrom(
  values: SettingValues,
  env: Environment,
  options: LoadConfigOptions,
  warnings: readonly string[],
) {
  return {
    ...sourceFrom(values),
    accountIds: values.SFMC_ACCOUNT_IDS ?? [],
    /** Undefined: the embedded Postgres under `dataDir`. */
    databaseUrl: values.DATABASE_URL,
    dataDir: path.resolve(options.cwd, values.DATA_DIR ?? defaultDataDir(env, options.cwd)),
    eventTypes: values.EVENT_TYPES,
    jobLookbackMs: values.JOB_LOOKBACK_DAYS,
    /** Undefined: each event type's own. */
    overlapMs: values.OVERLAP_MINUTES,
    settlingMs: values.SETTLING_MINUTES,
    sweep: values.SWEEP,
    pageSize: values.PAGE_SIZE,
    concurrencyPerAccount: values.CONCURRENCY_PER_ACCOUNT,
    requestsPerMinute: values.REQUESTS_PER_MINUTE,
    requestTimeoutMs: values.REQUEST_TIMEOUT_SECONDS,
    retryBaseMs: values.RETRY_BASE_MS,
    statusPollMs: values.STATUS_POLL_SECONDS,
    gateWaitMs: values.GATE_WAIT_MINUTES,
    resume: values.RESUME,
    syncSchedule: values.SYNC_SCHEDULE,
    syncTimeZone: values.SYNC_TIMEZONE,
    reportingTimeZone: values.REPORTING_TIMEZONE,
    /** Undefined: events are kept for good. */
    retention: values.RETENTION_MONTHS,
    subscriberKeyMode: values.SUBSCRIBER_KEY_MODE,
    subscriberKeySecret: values.SUBSCRIBER_KEY_SECRET,
    alertWebhookUrl: values.ALERT_WEBHOOK_URL,
    shutdownMs: values.SHUTDOWN_SECONDS,
    httpHost: values.HTTP_HOST,
    httpPort: values.HTTP_PORT ?? options.httpPortDefault ?? ('off' as const),
    httpToken: values.HTTP_TOKEN,
    logLevel: values.LOG_LEVEL,
    /** Undefined: by whether stderr is a terminal. */
    logFormat: values.LOG_FORMAT,
    /** Names that look like settings and are none: to be logged once. */
    warnings,
  };
}

function sourceFrom(values: SettingValues) {
  const { SFMC_SUBDOMAIN: subdomain } = values;
  const host = (service: string) =>
    subdomain === undefined ? undefined : `https://${subdomain}.${service}.marketingcloudapis.com`;
  return {
    /** Undefined where the command needs none. */
    credentials: credentialsFrom(values),
    authUrl: values.SFMC_AUTH_URL ?? host('auth'),
    /** Given by hand: goes before the token answer's. */
    soapUrl: values.SFMC_SOAP_URL,
    /** For where neither a person nor the token answer names one. */
    subdomainSoapUrl: host('soap'),
  };
}

function credentialsFrom(values: SettingValues): Credentials | undefined {
  const { SFMC_CLIENT_ID: clientId, SFMC_CLIENT_SECRET: clientSecret } = values;
  const { SFMC_USERNAME: username, SFMC_PASSWORD: password } = values;
  if (clientId !== undefined && clientSecret !== undefined) return { kind: 'oauth', clientId, clientSecret };
  if (username !== undefined && password !== undefined) return { kind: 'password', username, password };
  return undefined;
}
