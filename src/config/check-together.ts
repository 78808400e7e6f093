import { isLoopbackHost, isLoopbackUrl } from '../loopback.ts';
import { declarationFor, type SettingKey, type SettingValues } from './settings.ts';

/** What a command uses besides the database. */
export type ConfigNeed = 'marketing-cloud' | 'http' | 'sftp';

export interface GivenValues {
  readonly values: SettingValues;
  /** Settings that were given and are wrong; they are not reported as missing. */
  readonly wrong: ReadonlySet<SettingKey>;
}

interface CommandNeeds {
  readonly needs?: readonly ConfigNeed[];
  readonly httpPortDefault?: number | 'off';
  readonly isScheduleExpression?: (expression: string) => boolean;
}

/** What single settings cannot show: whether they fit each other and the command. One line per problem. */
export function checkTogether(given: GivenValues, command: CommandNeeds): string[] {
  const { needs = [], httpPortDefault = 'off', isScheduleExpression } = command;
  return [
    ...checkKeyMode(given),
    ...(needs.includes('marketing-cloud') ? checkMarketingCloud(given) : []),
    ...(needs.includes('http') ? checkHttp(given, httpPortDefault) : []),
    ...(needs.includes('sftp') ? checkSftp(given) : []),
    ...(isScheduleExpression === undefined ? [] : checkSchedule(given, isScheduleExpression)),
  ];
}

function checkMarketingCloud({ values, wrong }: GivenValues): string[] {
  const isGiven = (key: SettingKey) => values[key] !== undefined || wrong.has(key);
  const lines: string[] = [];
  const isPassword = isGiven('username') || isGiven('password');
  const isOauth = isGiven('clientId') || isGiven('clientSecret') || !isPassword;
  if (isOauth && isPassword)
    lines.push('SFMC_CLIENT_ID and SFMC_USERNAME are both set: set one of them, with its secret');

  const needed = isOauth ? (['clientId', 'clientSecret'] as const) : (['username', 'password'] as const);
  if (isOauth !== isPassword) lines.push(...needed.filter((key) => !isGiven(key)).map((key) => missing(key)));

  if (!isGiven('subdomain') && !isGiven(isOauth ? 'authUrl' : 'soapUrl'))
    lines.push(missing('subdomain', ' (or SFMC_AUTH_URL and SFMC_SOAP_URL)'));

  const isLoopback = isLoopbackUrl(values.soapUrl ?? values.authUrl ?? '');
  if (values.statusPollMs < statusPollMinMs && !isLoopback) {
    lines.push(
      `STATUS_POLL_SECONDS is ${values.statusPollMs / 1000}: at least 60, unless SFMC_SOAP_URL is a loopback host`,
    );
  }
  return lines;
}

function checkKeyMode({ values, wrong }: GivenValues): string[] {
  const isHmac = values.subscriberKeyMode === 'hmac' || wrong.has('subscriberKeyMode');
  const isSecret = values.subscriberKeySecret !== undefined || wrong.has('subscriberKeySecret');
  if (isHmac === isSecret || wrong.has('subscriberKeyMode')) return [];
  if (isHmac) return [missing('subscriberKeySecret')];
  return [
    'SUBSCRIBER_KEY_SECRET is set, but SUBSCRIBER_KEY_MODE is plain: set it to hmac, or remove the secret',
  ];
}

// Marketing Cloud: asking for the system status more than once a minute does not help during an outage.
const statusPollMinMs = 60_000;

function checkHttp({ values, wrong }: GivenValues, httpPortDefault: number | 'off'): string[] {
  if ((values.httpPort ?? httpPortDefault) === 'off' || isLoopbackHost(values.httpHost)) return [];
  if (values.httpToken !== undefined || wrong.has('httpToken')) return [];
  return [missing('httpToken', ` (HTTP_HOST is ${values.httpHost}, which is reachable from other machines)`)];
}

function checkSftp({ values, wrong }: GivenValues): string[] {
  const isGiven = (key: SettingKey) => values[key] !== undefined || wrong.has(key);
  const lines = (['sftpUrl', 'sftpHostKey'] as const)
    .filter((key) => !isGiven(key))
    .map((key) => missing(key));
  const hasPassword = (URL.parse(values.sftpUrl?.reveal() ?? '')?.password ?? '') !== '';
  if (values.sftpUrl === undefined || hasPassword || isGiven('sftpPrivateKey')) return lines;
  return [...lines, missing('sftpPrivateKey', ' (or a password in SFTP_URL)')];
}

function checkSchedule({ values }: GivenValues, isScheduleExpression: (text: string) => boolean): string[] {
  if (isScheduleExpression(values.syncSchedule)) return [];
  const { name, expected } = declarationFor('syncSchedule');
  return [`${name} is ${JSON.stringify(values.syncSchedule)}: ${expected}`];
}

function missing(key: SettingKey, alternative = ''): string {
  const { name, expected } = declarationFor(key);
  return `${name} is not set: ${expected}${alternative}`;
}
