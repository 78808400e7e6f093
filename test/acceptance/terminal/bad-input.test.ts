import fs from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { closedPort } from '../../support/outside/ports.ts';
import { runCli } from '../../support/program/cli.ts';
import {
  createEmptyDatabase,
  createTestDatabase,
  type TestDatabase,
} from '../../support/postgres/database.ts';

const given = {
  SFMC_AUTH_URL: 'http://127.0.0.1:9',
  SFMC_SOAP_URL: 'http://127.0.0.1:9',
  SFMC_CLIENT_ID: 'package',
  SFMC_CLIENT_SECRET: 'very-secret-secret',
  SFMC_ACCOUNT_IDS: '7000001',
} as const;

type Environment = Readonly<Record<string, string>>;

interface Place {
  readonly migrated: TestDatabase;
  readonly empty: TestDatabase;
  /** A file, where a directory would have to be. */
  readonly file: string;
  readonly takenPort: number;
}

let place: Place;
let listener: Server;
let dir: string;

beforeAll(async () => {
  dir = fs.mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-input-'));
  fs.writeFileSync(path.join(dir, 'file'), '');
  listener = await listen();
  place = {
    migrated: await createTestDatabase(),
    empty: await createEmptyDatabase(),
    file: path.join(dir, 'file'),
    takenPort: portOf(listener),
  };
});
afterAll(async () => {
  await new Promise((resolve) => listener.close(resolve));
  await place.migrated.drop();
  await place.empty.drop();
  fs.rmSync(dir, { recursive: true });
});

async function listen(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Postgres says the same of a login that it does not know as of a wrong password. */
function asStranger(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.username = 'stranger';
  url.password = 'not-the-password';
  return url.href;
}

const sync = ['sync'];

describe('one line says what to do, without a stack trace, where', () => {
  it.each<{ name: string; args?: string[]; env: (place: Place) => Environment; says: RegExp }>([
    {
      name: 'nobody listens at the database',
      env: () => ({ ...given, DATABASE_URL: `postgres://me:pw@127.0.0.1:${closedPort}/db` }),
      says: /database at 127\.0\.0\.1:\d+ cannot be reached.*check DATABASE_URL/u,
    },
    {
      name: 'the password of the database is wrong',
      env: ({ migrated }) => ({ ...given, DATABASE_URL: asStranger(migrated.url) }),
      says: /password authentication failed.*check DATABASE_URL/u,
    },
    {
      name: 'the database does not exist',
      env: ({ migrated }) => ({ ...given, DATABASE_URL: `${migrated.url}_missing` }),
      says: /does not exist.*check DATABASE_URL/u,
    },
    {
      name: 'the schema is behind',
      env: ({ empty }) => ({ ...given, DATABASE_URL: empty.url }),
      says: /schema is behind.*run npm run --silent cli -- migrate/u,
    },
    {
      name: 'secrets would travel over plain http',
      env: ({ migrated }) => ({
        ...{ ...given, DATABASE_URL: migrated.url, SFMC_AUTH_URL: 'http://auth.example.com' },
      }),
      says: /SFMC_AUTH_URL.*https/u,
    },
    {
      name: 'the directory of the embedded database cannot be made',
      env: ({ file }) => ({ ...given, DATA_DIR: path.join(file, 'data') }),
      says: /file.*data|DATA_DIR/u,
    },
    {
      name: 'the port of the status page is taken',
      args: ['worker'],
      env: ({ migrated, takenPort }) => ({
        ...{ ...given, DATABASE_URL: migrated.url, HTTP_PORT: String(takenPort) },
      }),
      says: /HTTP_PORT|in use|listens there/u,
    },
    {
      name: 'one setting is wrong',
      env: ({ migrated }) => ({ ...given, DATABASE_URL: migrated.url, PAGE_SIZE: '2501' }),
      says: /PAGE_SIZE is "2501": .*2500/u,
    },
    {
      name: 'an event type is unknown',
      args: ['sync', '--events', 'sent,opne'],
      env: ({ migrated }) => ({ ...given, DATABASE_URL: migrated.url }),
      says: /opne/u,
    },
    {
      name: 'a backfill ends before it begins',
      args: ['backfill', '--from', '2026-07-02', '--to', '2026-07-01'],
      env: ({ migrated }) => ({ ...given, DATABASE_URL: migrated.url }),
      says: /--from|--to/u,
    },
    {
      name: 'an export would go where no folder can be made',
      args: ['export', '--from', '2026-07-01', '--to', '2026-07-02', '--out', '/proc/sfmc/events'],
      env: ({ migrated }) => ({ ...given, DATABASE_URL: migrated.url }),
      says: /--out is \/proc\/sfmc\/events: a folder that can be written \([A-Z]+\)/u,
    },
    {
      name: 'an export would go below a file',
      args: ['export', '--from', '2026-07-01', '--to', '2026-07-02', '--out', 'file/events'],
      env: ({ migrated }) => ({ ...given, DATABASE_URL: migrated.url }),
      says: /--out is .*file\/events: a folder that can be written/u,
    },
    {
      name: 'responses would be recorded where no folder can be made',
      args: ['doctor', '--record', '/proc/sfmc/responses'],
      env: ({ migrated }) => ({ ...given, DATABASE_URL: migrated.url }),
      says: /--record is \/proc\/sfmc\/responses: a folder that can be written \([A-Z]+\)/u,
    },
  ])('$name', async ({ args = sync, env, says }) => {
    const end = await runCli(args, env(place), { cwd: dir });
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toMatch(says);
    expect(end.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(end.stderr).not.toContain(given.SFMC_CLIENT_SECRET);
  });
});

it('names wrong options and wrong settings together', async () => {
  const env = { ...given, PAGE_SIZE: '0' };
  const end = await runCli(['backfill', '--from', 'June', '--jobs', 'x'], env, { cwd: dir });
  expect(end).toMatchObject({ code: 2, stdout: '' });
  expect(end.stderr).toMatch(
    /4 options and settings [^]*--from is June[^]*--to is not given[^]*--jobs is x[^]*PAGE_SIZE is "0"/u,
  );
});

describe('settings', () => {
  it('that are missing or wrong are named all at once, each with its form, and a secret is not repeated', async () => {
    const end = await runCli(
      sync,
      {
        ...{ SFMC_SUBDOMAIN: 'short subdomain', SFMC_ACCOUNT_IDS: '1,x', PAGE_SIZE: '0' },
        ...{ CONCURRENCY_PER_ACCOUNT: 'many', DATABASE_URL: 'mysql://me:hidden-word@localhost/db' },
      },
      { cwd: dir },
    );
    expect(end).toMatchObject({ code: 2, stdout: '' });
    const lines = end.stderr.trimEnd().split('\n');
    const names = lines.slice(1).map((line) => line.trim().split(' ')[0]);
    expect(lines[0]).toMatch(/7 settings are missing or wrong/u);
    expect(new Set(names)).toEqual(
      new Set([
        ...['SFMC_SUBDOMAIN', 'SFMC_CLIENT_ID', 'SFMC_CLIENT_SECRET', 'SFMC_ACCOUNT_IDS', 'PAGE_SIZE'],
        ...['CONCURRENCY_PER_ACCOUNT', 'DATABASE_URL'],
      ]),
    );
    expect(end.stderr).not.toContain('hidden-word');
  });

  it('that are not there at all name what is needed, and the command that needs none', async () => {
    const end = await runCli(sync, {}, { cwd: dir });
    expect(end.code).toBe(2);
    for (const name of ['SFMC_SUBDOMAIN', 'SFMC_CLIENT_ID', 'SFMC_CLIENT_SECRET'])
      expect(end.stderr).toContain(`${name} is not set`);

    expect(end.stderr).toContain('npm run --silent cli -- demo');
    expect(end.stderr).not.toMatch(/^\s+at /mu);
  });
});
