import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { openCheckedPool } from '../../../../src/store/connection/server-check.ts';
import { runCli } from '../../../support/program/cli.ts';
import { selfSignedCertificate } from '../../../support/outside/certificate.ts';
import { eventually } from '../../../support/clock.ts';
import { type OwnServer, startOwnServer } from '../../../support/postgres/own-server.ts';

let plain: OwnServer;
let withTls: OwnServer;
let folder: string;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sfmc-tracking-tls-'));
  plain = await startOwnServer();
  withTls = await startOwnServer();
  await switchTlsOn(withTls);
});

afterAll(async () => {
  await plain.remove();
  await withTls.remove();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** The name is not the address that the tests connect to. */
async function switchTlsOn({ url, clusterFolder }: OwnServer): Promise<void> {
  const { certificate, privateKey } = selfSignedCertificate('db.example.com');
  fs.writeFileSync(path.join(folder, 'ca.crt'), certificate);
  const { uid, gid } = fs.statSync(clusterFolder);
  for (const [name, text] of [
    ['server.crt', certificate],
    ['server.key', privateKey],
  ] as const) {
    const file = path.join(clusterFolder, name);
    fs.writeFileSync(file, text, { mode: 0o600 });
    fs.chownSync(file, uid, gid);
  }
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query('alter system set ssl = on');
  await admin.query('select pg_reload_conf()');
  await eventually('TLS', async () => {
    const { rows } = await admin.query<{ ssl: string }>(`select current_setting('ssl') as ssl`);
    return rows[0]?.ssl === 'on';
  });
  await admin.end();
}

function changed(url: string, change: (url: URL) => void): string {
  const parsed = new URL(url);
  change(parsed);
  return parsed.href;
}

const withQuery = (url: string, query: string) => `${url}?${query}`;

describe('a connection that fails is reported in one line with the way out', () => {
  it.each<{ name: string; url: () => string; says: RegExp }>([
    {
      name: 'no TLS on the server',
      url: () => withQuery(plain.url, 'sslmode=require'),
      says: /TLS switched off; check DATABASE_URL: sslmode=disable/u,
    },
    {
      name: 'a self-signed certificate',
      url: () => withQuery(withTls.url, 'sslmode=require'),
      says: /not signed by an authority.*check DATABASE_URL: sslrootcert=.*sslmode=no-verify/u,
    },
    {
      name: 'a certificate for another name',
      url: () => withQuery(withTls.url, `sslmode=verify-full&sslrootcert=${path.join(folder, 'ca.crt')}`),
      says: /another host name; check DATABASE_URL: use the name in the certificate/u,
    },
    {
      name: 'a certificate file that is missing',
      url: () => withQuery(withTls.url, 'sslrootcert=/nowhere/ca.crt'),
      says: /\/nowhere\/ca\.crt.*check DATABASE_URL: sslrootcert, sslcert and sslkey must name/u,
    },
    {
      name: 'no password',
      url: () => changed(plain.url, (url) => (url.password = '')),
      says: /wants a password and none is given; check DATABASE_URL/u,
    },
    {
      name: 'a wrong password',
      url: () => changed(plain.url, (url) => (url.password = 'wrong')),
      says: /password authentication failed.*check DATABASE_URL.*@ is %40/u,
    },
    {
      name: 'an unknown database',
      url: () => changed(plain.url, (url) => (url.pathname = 'nowhere')),
      says: /"nowhere" does not exist; check DATABASE_URL.*create it/u,
    },
    {
      name: 'an unknown host',
      url: () => changed(plain.url, (url) => (url.hostname = 'db.invalid')),
      says: /db\.invalid.*check DATABASE_URL: DNS/u,
    },
    {
      name: 'a password with @ and /',
      url: () => plain.url.replace(/:[^:@/]+@/u, ':hid@den/word@'),
      says: /^sfmc-tracking: DATABASE_URL is not accepted: .*%40.*%2F/u,
    },
    {
      name: 'a password with #',
      url: () => plain.url.replace(/:[^:@/]+@/u, ':hid#den@'),
      says: /^sfmc-tracking: DATABASE_URL is not accepted: .*%23/u,
    },
    {
      name: 'several hosts',
      url: () => plain.url.replace('@127.0.0.1', '@10.0.0.1:5432,127.0.0.1'),
      says: /^sfmc-tracking: DATABASE_URL is not accepted: name one host/u,
    },
  ])('$name', async ({ url, says }) => {
    const end = await runCli(['status'], { DATABASE_URL: url() });
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toMatch(says);
    expect(end.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(end.stderr).not.toMatch(/hid|den\b/u);
  });
});

describe('a connection succeeds', () => {
  it.each([
    ['without a check of the certificate', 'sslmode=no-verify'],
    ['without TLS', 'sslmode=disable'],
  ])('%s', async (_how, query) => {
    const databaseUrl = withQuery(withTls.url, query);
    const pool = await openCheckedPool({ databaseUrl, connectionsMax: 1, applicationName: 'test' });
    await pool.end();
  });
});

describe('a database that is not UTF-8', () => {
  it('is refused at once, whatever the command', async () => {
    const admin = new Client({ connectionString: plain.url });
    await admin.connect();
    await admin.query(
      `create database latin encoding 'LATIN1' locale_provider libc locale 'C' template template0`,
    );
    await admin.end();
    for (const command of ['migrate', 'status']) {
      const end = await runCli([command], {
        DATABASE_URL: changed(plain.url, (url) => (url.pathname = 'latin')),
      });
      expect(end).toMatchObject({ code: 2, stdout: '' });
      expect(end.stderr).toMatch(
        /^sfmc-tracking: DATABASE_URL: database latin has encoding LATIN1.*UTF8.*\n$/u,
      );
    }
  });
});
