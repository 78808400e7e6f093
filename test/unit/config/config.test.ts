import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { loadConfig } from '../../../src/config/config.ts';
import { eventCatalog } from '../../../src/events/catalog.ts';
import { ConfigInvalidError } from '../../../src/errors.ts';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const oauth = {
  SFMC_SUBDOMAIN: 'mc-example-28-characters-abc',
  SFMC_CLIENT_ID: 'id',
  SFMC_CLIENT_SECRET: 'hunter2hunter2',
};
const needs = ['marketing-cloud', 'http'] as const;
const isScheduleExpression = (text: string) => /^(\d+|\*)( (\d+|\*)){4}$/u.test(text);

function load(env: Record<string, string>, httpPortDefault: number | 'off' = 'off') {
  return loadConfig(env, { cwd, needs, httpPortDefault, isScheduleExpression });
}

function refusal(env: Record<string, string>, httpPortDefault: number | 'off' = 'off'): string {
  try {
    load(env, httpPortDefault);
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('loadConfig', () => {
  it('names every missing and wrong setting at once, one line each', () => {
    expect(
      refusal({ PAGE_SIZE: '9999', EVENT_TYPES: 'open,bonce', SYNC_SCHEDULE: 'nightly' }).split('\n'),
    ).toEqual([
      '6 settings are missing or wrong:',
      expect.stringContaining(
        'EVENT_TYPES is "open,bonce": all, or comma-separated names of sent, open, click',
      ),
      '  PAGE_SIZE is "9999": a whole number of records from 1 to 2500',
      '  SFMC_CLIENT_ID is not set: the client id of your installed package',
      '  SFMC_CLIENT_SECRET is not set: the client secret of your installed package',
      expect.stringContaining('SFMC_SUBDOMAIN is not set'),
      '  SYNC_SCHEDULE is "nightly": a cron expression of five fields (six with seconds), such as 0 2 * * *',
      expect.stringContaining('demo'),
    ]);
  });

  it.each([
    [{ SFMC_SOAP_URL: 'http://soap.example.com' }, /^SFMC_SOAP_URL .*plain http.*loopback/u],
    [{ SYNC_TIMEZONE: 'Mars/Olympus' }, /^SYNC_TIMEZONE .*time zone/u],
    [{ STATUS_POLL_SECONDS: '5' }, /^STATUS_POLL_SECONDS .*at least 60/u],
    [{ SFMC_USERNAME: 'api', SFMC_PASSWORD: 'secret' }, /^SFMC_CLIENT_ID and SFMC_USERNAME are both set/u],
    [{ SFMC_CLIENT_SECRET_FILE: '/there' }, /^SFMC_CLIENT_SECRET and SFMC_CLIENT_SECRET_FILE are both set/u],
    [{ CONCURRENCY_PER_ACCOUNT: '1e1' }, /^CONCURRENCY_PER_ACCOUNT is "1e1"/u],
    [{ HTTP_PORT: '65536' }, /^HTTP_PORT is "65536": a port/u],
  ])('refuses %o in one line', (extra, line) => {
    expect(refusal({ ...oauth, ...extra })).toMatch(line);
    expect(refusal({ ...oauth, ...extra })).not.toContain('\n');
  });

  it('never repeats a secret that is wrong', () => {
    expect(refusal({ ...oauth, DATABASE_URL: 'mysql://me:hunter3@db' })).toMatch(
      /^DATABASE_URL is not accepted: postgres:/u,
    );
    expect(refusal({ ...oauth, DATABASE_URL: 'mysql://me:hunter3@db' })).not.toContain('hunter3');
  });

  it('prints no secret however the configuration is printed', () => {
    const config = load({
      ...oauth,
      DATABASE_URL: 'postgres://me:hunter3@db/x',
      HTTP_TOKEN: 'hunter4-hunter4-hunter4',
    });
    expect(inspect(config, { depth: 9, showHidden: true }) + JSON.stringify(config)).not.toMatch(/hunter/u);
    expect(config.databaseUrl?.reveal()).toBe('postgres://me:hunter3@db/x');
  });

  it('demands a token where others can reach the page, and only there', () => {
    expect(refusal({ ...oauth, HTTP_HOST: '0.0.0.0' }, 8080)).toMatch(/^HTTP_TOKEN is not set/u);
    expect(refusal({ ...oauth, HTTP_HOST: '0.0.0.0' }, 'off')).toBe('accepted');
    expect(refusal({ ...oauth, HTTP_HOST: '127.0.0.1' }, 8080)).toBe('accepted');
  });

  it('checks the schedule only for a command that brings a check', () => {
    expect(loadConfig({ SYNC_SCHEDULE: 'nightly' }, { cwd }).syncSchedule).toBe('nightly');
    expect(load({ ...oauth, SYNC_SCHEDULE: '0 2 * * *' }).syncSchedule).toBe('0 2 * * *');
  });

  it('reads all event types of the catalog, or those that are named', () => {
    const every = eventCatalog.map(({ name }) => name);
    expect(load({ ...oauth, EVENT_TYPES: 'all' }).eventTypes).toEqual(every);
    expect(load({ ...oauth, EVENT_TYPES: 'click, open' }).eventTypes).toEqual(['open', 'click']);
  });

  it('takes a name under localhost as this machine', () => {
    const urls = { SFMC_AUTH_URL: 'http://sfmc.localhost:1', SFMC_SOAP_URL: 'http://sfmc.localhost:1' };
    expect(refusal({ ...oauth, ...urls, STATUS_POLL_SECONDS: '1', HTTP_HOST: 'a.localhost' }, 8080)).toBe(
      'accepted',
    );
  });

  it('asks commands that leave Marketing Cloud alone for no credentials', () => {
    expect(loadConfig({}, { cwd }).credentials).toBeUndefined();
  });

  it('wants a token that nobody guesses, and does not repeat a shorter one', () => {
    const message = refusal({ ...oauth, HTTP_TOKEN: 'fifteen-letters' });
    expect(message).toBe(
      'HTTP_TOKEN is not accepted: a token of at least 16 characters that readers of the page must send',
    );
  });

  it('takes the proxy in either case, as other programs do', () => {
    expect(load({ ...oauth, https_proxy: 'http://proxy:3128', no_proxy: 'a,b' })).toMatchObject({
      noProxy: 'a,b',
    });
    expect(load({ ...oauth, HTTPS_PROXY: 'http://proxy:3128' }).httpsProxy?.reveal()).toBe(
      'http://proxy:3128',
    );
    expect(refusal({ ...oauth, HTTPS_PROXY: 'proxy:3128' })).toMatch(/^HTTPS_PROXY is not accepted/u);
  });

  it('says which values of .env end at a # that is a part of them', () => {
    const lines = [
      'SFMC_CLIENT_SECRET=abc#def',
      'SFMC_SUBDOMAIN=mc-example-28-characters-abc # ours',
      'HTTP_TOKEN="a-token#of-16-letters"',
      'X=a#b',
    ];
    writeFileSync(path.join(cwd, '.env'), [...lines, 'LOG_LEVEL=info## no', 'SFMC_CLIENT_ID=#id'].join('\n'));
    const cut = (name: string) => `${name} in .env ends at its first #: put the value in quotes`;
    expect(load({ SFMC_CLIENT_ID: 'id' }).cutValues).toEqual([cut('SFMC_CLIENT_SECRET')]);
    expect(refusal({}).split('\n')).toEqual([
      expect.stringContaining('SFMC_CLIENT_ID is not set'),
      cut('SFMC_CLIENT_ID'),
      cut('SFMC_CLIENT_SECRET'),
    ]);
  });

  it('lets the process environment win over .env, and an empty name hide it', () => {
    writeFileSync(path.join(cwd, '.env'), 'PAGE_SIZE=10\nSETTLING_MINUTES=1\nOVERLAP_MINUTES=9\n');
    const config = load({ ...oauth, PAGE_SIZE: '20', OVERLAP_MINUTES: '' });
    expect([config.pageSize, config.settlingMs, config.overlapMs]).toEqual([20, 60_000, undefined]);
  });

  it('reads a secret from its file without the newline editors add', () => {
    writeFileSync(path.join(cwd, 'secret'), 'from-a-file\n');
    const config = load({
      SFMC_SUBDOMAIN: 'mc-example-28-characters-abc',
      SFMC_CLIENT_ID: 'id',
      SFMC_CLIENT_SECRET_FILE: 'secret',
    });
    expect(config.credentials?.kind === 'oauth' && config.credentials.clientSecret.reveal()).toBe(
      'from-a-file',
    );
  });

  it('warns of names that are misspelt instead of ignoring them in silence', () => {
    const { warnings } = load({ ...oauth, SFMC_ACOUNT_IDS: '1', EVENT_TYPE: 'open', PATH: '/bin' });
    expect(warnings).toEqual([
      'SFMC_ACOUNT_IDS is not a setting and was ignored: did you mean SFMC_ACCOUNT_IDS?',
      'EVENT_TYPE is not a setting and was ignored: did you mean EVENT_TYPES?',
    ]);
  });

  it('puts the data into a checkout only where the working directory is one', () => {
    expect(loadConfig({ XDG_DATA_HOME: '/home/me/share' }, { cwd }).dataDir).not.toContain(cwd);
    writeFileSync(path.join(cwd, 'package.json'), '{"name": "sfmc-tracking"}');
    expect(loadConfig({}, { cwd }).dataDir).toBe(path.join(cwd, 'data'));
  });
});
