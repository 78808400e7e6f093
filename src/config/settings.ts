import { z } from 'zod';
import {
  accountIds,
  baseUrl,
  eventTypes,
  integer,
  oneOf,
  overlapsInWords,
  port,
  retention,
  schedule,
  secret,
  secretUrl,
  type Setting,
  span,
  text,
  timeZone,
} from './setting-kinds.ts';
import { eventTypeNames } from '../events/catalog.ts';
import { logLevels } from '../logger.ts';

/** What the documentation says of a setting. */
interface About {
  /** Read as if it had been set. */
  readonly default?: string;
  /** For the documentation, where the default depends on something. */
  readonly defaultText?: string;
  /** One sentence. */
  readonly meaning: string;
  /** May stand in a file named by `NAME_FILE`. */
  readonly mayBeFile?: true;
}

export type DeclaredSetting = About & Pick<Setting, 'expected'>;

const declared = z.registry<DeclaredSetting>();

function setting<Value>(
  kind: Setting<Value>,
  about: About & { readonly default: string },
): z.ZodPrefault<z.ZodType<Value, string>>;
function setting<Value>(kind: Setting<Value>, about: About): z.ZodOptional<z.ZodType<Value, string>>;
function setting(kind: Setting, about: About) {
  const schema = about.default === undefined ? kind.schema.optional() : kind.schema.prefault(about.default);
  return schema.register(declared, { ...about, expected: kind.expected });
}

/** Every environment variable there is; validation, defaults and the documentation follow from this list. */
export const settings = z.object({
  SFMC_SUBDOMAIN: setting(text('the 28-character tenant subdomain', /^[a-z0-9-]{1,63}$/iu), {
    meaning: 'The tenant subdomain (28 characters); gives the token and SOAP URLs.',
  }),
  SFMC_AUTH_URL: setting(baseUrl('the base URL of the token service, https://…', /\/v2\/token\/?$/iu), {
    defaultText: 'from `SFMC_SUBDOMAIN`',
    meaning: 'Base URL of the token service; `/v2/token` is appended.',
  }),
  SFMC_SOAP_URL: setting(baseUrl('the base URL of the SOAP service, https://…', /\/Service\.asmx\/?$/iu), {
    defaultText: 'from the token answer, else from `SFMC_SUBDOMAIN`',
    meaning: 'Base URL of the SOAP service; `/Service.asmx` is appended.',
  }),
  SFMC_CLIENT_ID: setting(text('the client id of your installed package'), {
    meaning: 'Client id of an installed package with a server-to-server API integration (OAuth 2.0).',
    mayBeFile: true,
  }),
  SFMC_CLIENT_SECRET: setting(secret('the client secret of your installed package'), {
    meaning: 'Its client secret.',
    mayBeFile: true,
  }),
  SFMC_USERNAME: setting(text('the API user, where there is no installed package'), {
    meaning: 'Instead of the two above: an API user (WS-Security UsernameToken).',
    mayBeFile: true,
  }),
  SFMC_PASSWORD: setting(secret('the password of the API user'), {
    meaning: 'The password of the API user.',
    mayBeFile: true,
  }),
  SFMC_ACCOUNT_IDS: setting(accountIds(), {
    defaultText: 'the package’s own business unit',
    meaning: 'Business units (MIDs), comma-separated; each has its own token and checkpoints.',
  }),
  DATABASE_URL: setting(secret('postgres://user:password@host:port/database', /^postgres(ql)?:\/\/./iu), {
    defaultText: 'embedded Postgres under `DATA_DIR`',
    meaning: 'Postgres 15 or later; a direct connection or a session pooler.',
    mayBeFile: true,
  }),
  DATA_DIR: setting(text('a directory'), {
    defaultText: '`./data` in a checkout, else the user’s data directory',
    meaning: 'Where the embedded Postgres lives.',
  }),
  EVENT_TYPES: setting(eventTypes(), {
    default: 'sent,open,click',
    meaning: `Event types that \`sync\` and \`serve\` extract: \`all\`, or names of ${eventTypeNames.join(', ')}.`,
  }),
  JOB_LOOKBACK_DAYS: setting(span('days', 1, 3650), {
    default: '30',
    meaning: 'How long after its send or its last loaded event a job stays open.',
  }),
  OVERLAP_MINUTES: setting(span('minutes', 0, 525_600), {
    defaultText: overlapsInWords(),
    meaning: 'How far before the watermark each window begins; sets all event types when given.',
  }),
  SETTLING_MINUTES: setting(span('minutes', 0, 10_080), {
    default: '15',
    meaning: 'How far behind now each window ends.',
  }),
  SWEEP: setting(oneOf(['auto', 'off']), {
    default: 'auto',
    meaning: '`auto`, `off`: date-only windows for events on closed and unknown jobs.',
  }),
  PAGE_SIZE: setting(integer(1, 2500, 'records'), {
    default: '2500',
    meaning: 'Records asked for per page (`Options/BatchSize`).',
  }),
  CONCURRENCY_PER_ACCOUNT: setting(integer(1, 100, 'Retrieves'), {
    default: '2',
    meaning: 'Retrieves in flight per account, over all processes.',
  }),
  REQUESTS_PER_MINUTE: setting(integer(1, 1_000_000, 'requests'), {
    default: '600',
    meaning: 'Ceiling per account, over all processes.',
  }),
  REQUEST_TIMEOUT_SECONDS: setting(span('seconds', 0.1, 3600), {
    default: '180',
    meaning: 'Time for a whole answer; connecting has 10 s.',
  }),
  RETRY_BASE_MS: setting(span('milliseconds', 0, 120_000), {
    default: '2000',
    meaning: 'First back-off step (factor 2, full jitter, at most 120 s).',
  }),
  STATUS_POLL_SECONDS: setting(span('seconds', 0.05, 86_400), {
    default: '600',
    meaning: 'How often GetSystemStatus is asked while the gate is closed; below 60 only against loopback.',
  }),
  GATE_WAIT_MINUTES: setting(span('minutes', 0, 43_200), {
    default: '0',
    meaning:
      'How long `sync` and `backfill` wait at a closed gate before exit 4; `serve` and `worker` always wait.',
  }),
  RESUME: setting(oneOf(['auto', 'never']), {
    default: 'auto',
    meaning: '`auto`, `never`: whether an interrupted window may continue by RequestID.',
  }),
  SYNC_SCHEDULE: setting(schedule(), {
    default: '0 2 * * *',
    meaning: 'node-cron expression of the nightly sync.',
  }),
  SYNC_TIMEZONE: setting(timeZone(), { default: 'UTC', meaning: 'Time zone of `SYNC_SCHEDULE`.' }),
  REPORTING_TIMEZONE: setting(timeZone(), { default: 'UTC', meaning: 'Day boundaries of the `bi` views.' }),
  RETENTION_MONTHS: setting(retention(), {
    defaultText: 'keep all',
    meaning: 'Months of events kept, or `sent=24,open=60,…`; no effect in this version, all are kept.',
  }),
  SUBSCRIBER_KEY_MODE: setting(oneOf(['plain', 'hmac']), {
    default: 'plain',
    meaning: '`plain`; `hmac` (keyed hash with `SUBSCRIBER_KEY_SECRET`) is refused in this version.',
  }),
  SUBSCRIBER_KEY_SECRET: setting(secret('a secret of at least 16 characters', /^.{16,}$/su), {
    meaning: 'The key of `SUBSCRIBER_KEY_MODE=hmac`; at least 16 characters.',
    mayBeFile: true,
  }),
  ALERT_WEBHOOK_URL: setting(secretUrl('an https:// URL that takes Slack-compatible JSON'), {
    meaning:
      'Takes JSON (Slack-compatible) on failure, parked tasks, gate changes, late data; no effect in this version.',
    mayBeFile: true,
  }),
  SHUTDOWN_SECONDS: setting(span('seconds', 0, 3600), {
    default: '25',
    meaning: 'How long a drain may take.',
  }),
  HTTP_HOST: setting(text('a host name or an address to listen on', /^[\w.:-]+$/u), {
    default: '127.0.0.1',
    meaning: 'Where the status page and the metrics listen.',
  }),
  HTTP_PORT: setting(port(), {
    defaultText: '`8080` for `serve`, `off` for `worker`',
    meaning: 'Port of the status page and the metrics; 0 picks a free one, `off` disables them.',
  }),
  HTTP_TOKEN: setting(secret('a token (any text) that readers of the page must send'), {
    meaning:
      'Required on a non-loopback `HTTP_HOST`, for the page, the API and the metrics: `Authorization: Bearer …`, or typed once into the page. Never for `/healthz` and `/readyz`.',
    mayBeFile: true,
  }),
  LOG_LEVEL: setting(oneOf(logLevels), { default: 'info', meaning: `${logLevels.join(', ')}.` }),
  LOG_FORMAT: setting(oneOf(['json', 'pretty']), {
    defaultText: '`json`; `pretty` on a terminal',
    meaning: 'Log lines on stderr for machines or for people.',
  }),
});

/** Each setting's value; undefined where it was not given and has no default. */
export type SettingValues = z.output<typeof settings>;

export type SettingName = keyof typeof settings.shape;

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settings.shape, name);
}

/** The names of all settings, in the order of the documentation. */
export const settingNames = Object.keys(settings.shape).filter(isSettingName);

export function declaredSetting(name: SettingName): DeclaredSetting {
  const about = declared.get(settings.shape[name]);
  if (about === undefined) throw new Error(`${name} is declared without its meaning`);
  return about;
}

/** The configuration table of the documentation, as Markdown. */
export function renderSettingsTable(): string {
  const rows = settingNames.map((name) => {
    const {
      default: value,
      defaultText = value === undefined ? '–' : `\`${value}\``,
      ...about
    } = declaredSetting(name);
    return `| \`${name}\`${about.mayBeFile ? ' ¹' : ''} | ${defaultText} | ${about.meaning} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}
