import { logLevels } from '../logger.ts';
import { setting } from './declare-setting.ts';
import { duration, integer, monthsByEventType, oneOf, port, secret, text } from './setting-kinds.ts';

/** What is kept, how processes end, and what they show to people: alerts, the status page, logs. */
export const serviceSettings = {
  /** Undefined: all events are kept. */
  retention: setting('RETENTION_MONTHS', monthsByEventType(), {
    defaultText: 'all events are kept',
    meaning:
      'Whole months of events kept besides the current one, for all event types (`24`) or by type (`sent=24,open=60`). Older months are dropped once a day and not loaded again; rollups stay.',
  }),
  subscriberKeyMode: setting('SUBSCRIBER_KEY_MODE', oneOf(['plain', 'hmac']), {
    default: 'plain',
    meaning:
      '`plain`: subscriber keys are stored as they are sent; `hmac`: as keyed hashes, made with `SUBSCRIBER_KEY_SECRET`. It cannot be changed while events are stored.',
  }),
  subscriberKeySecret: setting(
    'SUBSCRIBER_KEY_SECRET',
    secret('a secret of at least 32 characters', /^.{32,}$/su),
    {
      meaning:
        'At least 32 characters, for `SUBSCRIBER_KEY_MODE=hmac`. With it a person can be found by the key; without it no event can be loaded any more.',
      mayBeFile: true,
    },
  ),
  ledgerMs: setting('LEDGER_DAYS', duration('days', 1, 3650), {
    default: '90',
    meaning:
      'Settled windows, finished runs, ended processes and dismissed rejected records are deleted after this time; windows that brought nothing new after a day.',
  }),
  alertWebhookUrl: setting(
    'ALERT_WEBHOOK_URL',
    secret(
      'the https:// URL of an incoming webhook',
      /^https:\/\/.|^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])[:/]/iu,
    ),
    {
      meaning:
        'Where `serve`, `worker` and, at their end, `sync` and `backfill` send alerts: JSON as incoming webhooks of Slack take it.',
      mayBeFile: true,
    },
  ),
  yearlyCalls: setting('YEARLY_API_CALLS', integer(1, 1_000_000_000, 'requests'), {
    default: '2000000',
    meaning:
      'Requests a year that the contract with Salesforce allows, for the share that `status` and `backfill --dry-run` show and the alert at 80 %.',
  }),
  shutdownMs: setting('SHUTDOWN_SECONDS', duration('seconds', 0, 3600), {
    default: '25',
    meaning: 'How long a drain may take.',
  }),
  httpHost: setting('HTTP_HOST', text('a host name or an address to listen on', /^[\w.:-]+$/u), {
    default: '127.0.0.1',
    meaning: 'Where the status page and the metrics listen.',
  }),
  httpPort: setting('HTTP_PORT', port(), {
    defaultText: '`8080` for `serve`, `off` for `worker`',
    meaning: 'Port of the status page and the metrics; 0 picks a free one, `off` disables them.',
  }),
  httpToken: setting(
    'HTTP_TOKEN',
    secret('a token of at least 16 characters that readers of the page must send', /^.{16,}$/su),
    {
      meaning:
        'At least 16 characters. Required on a non-loopback `HTTP_HOST`, for the page, the API and the metrics: `Authorization: Bearer …`, or typed once into the page. Never for `/healthz` and `/readyz`.',
      mayBeFile: true,
    },
  ),
  /** Undefined: `warn` where progress is shown, else `info`. */
  logLevel: setting('LOG_LEVEL', oneOf(logLevels), {
    defaultText: '`info`; `warn` where a terminal shows progress',
    meaning: `${logLevels.join(', ')}.`,
  }),
  /** Undefined: `pretty` where stderr is a terminal. */
  logFormat: setting('LOG_FORMAT', oneOf(['json', 'pretty']), {
    defaultText: '`json`; `pretty` on a terminal',
    meaning: 'Log lines on stderr for machines or for people.',
  }),
};
