import { eventTypeNames } from '../events/catalog.ts';
import { setting, type Setting, type ValueOf } from './declare-setting.ts';
import { extractSettings } from './extract-settings.ts';
import { serviceSettings } from './service-settings.ts';
import {
  accountIds,
  baseUrl,
  duration,
  eventTypes,
  integer,
  oneOf,
  overlapsInWords,
  secret,
  text,
  timeZone,
} from './setting-kinds.ts';

/**
 * Every environment variable there is, by its name in `Config`. Validation, defaults, `Config` and the
 * documentation follow from this list.
 */
export const settings = {
  subdomain: setting(
    'SFMC_SUBDOMAIN',
    text('the tenant subdomain, 28 characters that begin with mc', /^mc[a-z0-9-]{26}$/iu),
    {
      meaning: 'The tenant subdomain: 28 characters that begin with `mc`; gives the token and SOAP URLs.',
    },
  ),
  authUrl: setting(
    'SFMC_AUTH_URL',
    baseUrl('the base URL of the token service, https://…', /\/v2\/token\/?$/iu),
    {
      defaultText: 'from `SFMC_SUBDOMAIN`',
      meaning: 'Base URL of the token service; `/v2/token` is appended.',
    },
  ),
  soapUrl: setting(
    'SFMC_SOAP_URL',
    baseUrl('the base URL of the SOAP service, https://…', /\/Service\.asmx\/?$/iu),
    {
      defaultText: 'from the token response, else from `SFMC_SUBDOMAIN`',
      meaning: 'Base URL of the SOAP service; `/Service.asmx` is appended.',
    },
  ),
  clientId: setting('SFMC_CLIENT_ID', text('the client id of your installed package'), {
    meaning: 'Client id of an installed package with a server-to-server API integration (OAuth 2.0).',
    mayBeFile: true,
  }),
  clientSecret: setting('SFMC_CLIENT_SECRET', secret('the client secret of your installed package'), {
    meaning: 'Its client secret.',
    mayBeFile: true,
  }),
  username: setting('SFMC_USERNAME', text('the API user, where there is no installed package'), {
    meaning: 'Instead of the two above: an API user (WS-Security UsernameToken).',
    mayBeFile: true,
  }),
  password: setting('SFMC_PASSWORD', secret('the password of the API user'), {
    meaning: 'The password of the API user.',
    mayBeFile: true,
  }),
  accountIds: setting('SFMC_ACCOUNT_IDS', accountIds(), {
    defaultText: 'the package’s own business unit',
    meaning: 'Business units (MIDs), comma-separated; each has its own token and checkpoints.',
  }),
  /** Undefined: the embedded Postgres under `dataDir`. */
  databaseUrl: setting(
    'DATABASE_URL',
    secret('postgres://user:password@host:port/database', /^postgres(ql)?:\/\/./iu),
    {
      defaultText: 'embedded Postgres under `DATA_DIR`',
      meaning: 'Postgres 15 or later; a direct connection or a session pooler.',
      mayBeFile: true,
    },
  ),
  dataDir: setting('DATA_DIR', text('a directory'), {
    defaultText: '`./data` in a checkout, else the user’s data directory',
    meaning: 'Where the embedded Postgres lives.',
  }),
  eventTypes: setting('EVENT_TYPES', eventTypes(), {
    default: 'all',
    meaning: `Event types that \`sync\` and \`serve\` extract: \`all\`, or names of ${eventTypeNames.join(', ')}.`,
  }),
  jobLookbackMs: setting('JOB_LOOKBACK_DAYS', duration('days', 1, 3650), {
    default: '30',
    meaning: 'How long after its send or its last loaded event a job stays open.',
  }),
  /** Undefined: each event type's own. */
  overlapMs: setting('OVERLAP_MINUTES', duration('minutes', 0, 525_600), {
    defaultText: overlapsInWords(),
    meaning: 'How far before the watermark each window begins; sets all event types when given.',
  }),
  settlingMs: setting('SETTLING_MINUTES', duration('minutes', 0, 10_080), {
    default: '15',
    meaning: 'How far behind now each window ends.',
  }),
  tail: setting('TAIL', oneOf(['auto', 'off']), {
    default: 'auto',
    meaning:
      '`auto`, `off`: whether the tail (old, closed and unknown jobs) is read by date instead of job by job.',
  }),
  arrivals: setting('SINCE_LAST_BATCH', oneOf(['on', 'off']), {
    default: 'off',
    meaning:
      '`on`: after the tail also request what has arrived since the last request, whatever its date. It finds very late events, and nothing relies on it.',
  }),
  pageSize: setting('PAGE_SIZE', integer(1, 2500, 'records'), {
    default: '2500',
    meaning: 'Records requested per page (`Options/BatchSize`).',
  }),
  concurrencyPerAccount: setting('CONCURRENCY_PER_ACCOUNT', integer(1, 100, 'Retrieves'), {
    default: '2',
    meaning: 'Retrieves in flight per account, over all processes.',
  }),
  concurrencyPerProcess: setting('CONCURRENCY_PER_PROCESS', integer(1, 1000, 'requests'), {
    default: '64',
    meaning:
      'Retrieves in flight per process at most, over all its accounts. A process uses as many connections to the database, and up to eight more.',
  }),
  requestsPerMinute: setting('REQUESTS_PER_MINUTE', integer(1, 1_000_000, 'requests'), {
    default: '1200',
    meaning: 'Most requests per minute and account, over all processes.',
  }),
  requestTimeoutMs: setting('REQUEST_TIMEOUT_SECONDS', duration('seconds', 0.1, 3600), {
    default: '180',
    meaning: 'Timeout of a whole response; connecting has 10 s.',
  }),
  retryBaseMs: setting('RETRY_BASE_MS', duration('milliseconds', 0, 120_000), {
    default: '2000',
    meaning: 'First back-off step (factor 2, full jitter, at most 120 s).',
  }),
  statusPollMs: setting('STATUS_POLL_SECONDS', duration('seconds', 0.05, 86_400), {
    default: '600',
    meaning:
      'How often GetSystemStatus is called while the gate is closed; below 60 only against a loopback host.',
  }),
  gateWaitMs: setting('GATE_WAIT_MINUTES', duration('minutes', 0, 43_200), {
    default: '0',
    meaning:
      'How long `sync` and `backfill` wait at a closed gate before exit code 4; `serve` and `worker` always wait.',
  }),
  resume: setting('RESUME', oneOf(['auto', 'never']), {
    default: 'auto',
    meaning: '`auto`, `never`: whether an interrupted window may continue by RequestID.',
  }),
  syncSchedule: setting(
    'SYNC_SCHEDULE',
    text('a cron expression of five fields (six with seconds), such as 0 2 * * *'),
    {
      default: '0 2 * * *',
      meaning: 'node-cron expression of the nightly sync; `serve` reads it.',
    },
  ),
  syncTimeZone: setting('SYNC_TIMEZONE', timeZone(), {
    default: 'UTC',
    meaning: 'Time zone of `SYNC_SCHEDULE`.',
  }),
  readerRole: setting('READER_ROLE', text('the name of a role, in lower case', /^[a-z_][a-z0-9_]{0,62}$/u), {
    default: 'sfmc_tracking_reader',
    meaning:
      'The role that `migrate` grants reading to, where BI tools log in as its members. A role belongs to the server: two databases with different readers need two.',
  }),
  /** Undefined: as the database has it. */
  reportingTimeZone: setting('REPORTING_TIMEZONE', timeZone(), {
    defaultText: 'as it was set last; `UTC` at first',
    meaning: 'Where the days of the views in `bi` begin. `migrate` writes it into the database.',
  }),
  /** Undefined: twice the interval of the schedule. */
  readyAfterMs: setting('READY_AFTER_HOURS', duration('hours', 0.01, 10_000), {
    defaultText: 'twice the interval of `SYNC_SCHEDULE`',
    meaning: 'Without a completed sync for this long, data are overdue and `/readyz` responds with 503.',
  }),
  /** For Marketing Cloud; never for a loopback host. */
  httpsProxy: setting('HTTPS_PROXY', secret('the URL of a proxy, http://host:port', /^https?:\/\/./iu), {
    meaning:
      'Proxy for requests to Marketing Cloud (also in lower case, as everywhere); requests to this machine never use it.',
    mayBeFile: true,
  }),
  noProxy: setting('NO_PROXY', text('host names, comma-separated'), {
    meaning: 'Hosts that are reached without the proxy, comma-separated (also in lower case).',
  }),
  ...extractSettings,
  ...serviceSettings,
};

export type SettingKey = keyof typeof settings;

/** Each setting's value; undefined where it was not given and has no default. */
export type SettingValues = { readonly [Key in SettingKey]: ValueOf<(typeof settings)[Key]> };

export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(settings, key);
}

/** All settings, in the order of the documentation. */
export const settingKeys = Object.keys(settings).filter(isSettingKey);

export function declarationFor(key: SettingKey): Setting {
  return settings[key];
}

/** The names of all environment variables that are settings. */
export const settingNames: readonly string[] = settingKeys.map((key) => declarationFor(key).name);
