import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Client } from 'pg';
import {
  embeddedPostgresUrl,
  joinEmbeddedPostgres,
  stopEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../../../src/store/embedded/embedded-postgres.ts';
import { makeClusterFolder } from '../../../support/postgres/cluster-folder.ts';
import { compileCache } from '../../../support/program/compile-cache.ts';

const moduleUrl = new URL('../../../../src/store/embedded/embedded-postgres.ts', import.meta.url).href;
const holdProgram = `
  import { joinEmbeddedPostgres } from ${JSON.stringify(moduleUrl)};
  const postgres = await joinEmbeddedPostgres({ dataDir: process.argv[1], isFast: true });
  console.log(postgres.url);
  process.on('SIGINT', () => undefined);
  process.stdin.resume().on('end', () => postgres.leave());`;

interface OtherProcess {
  child: ChildProcess;
  url: string;
  leave(): Promise<void>;
}

let folder: string;
let dataDir: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  // The global setup deletes folders of this name, so a killed run leaves nothing behind.
  folder = makeClusterFolder();
  dataDir = folder;
  await (await join()).leave();
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await stopEmbeddedPostgres({ dataDir });
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

async function join(): Promise<EmbeddedPostgres> {
  return await joinEmbeddedPostgres({ dataDir, isFast: true });
}

async function joinElsewhere(env: Record<string, string> = {}): Promise<OtherProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', holdProgram, dataDir], {
    env: { ...process.env, NODE_OPTIONS: '', ...compileCache, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  children.add(child);
  const url = (await createInterface(child.stdout)[Symbol.asyncIterator]().next()).value ?? '';
  const leave = async () => {
    child.stdin.end();
    await once(child, 'exit');
    children.delete(child);
  };
  return { child, url, leave };
}

async function ask(url: string, sql: string): Promise<string> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: string }>(sql);
    return String(rows[0]?.answer);
  } finally {
    await client.end();
  }
}

const startedAt = 'select pg_postmaster_start_time()::text as answer';

function serverPid(): number {
  return Number(fs.readFileSync(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

async function killed(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  for (let poll = 0; poll < 5000 && spawnSync('kill', ['-0', String(pid)]).status === 0; poll += 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('join', () => {
  it('uses UTC and UTF-8 regardless of the environment', async () => {
    const other = await joinElsewhere({
      TZ: 'America/Chicago',
      LC_ALL: 'xx_YY.UTF-8',
      PGTZ: 'Asia/Tokyo',
      PGDATA: '/x',
    });

    expect(await ask(other.url, `select current_setting('timezone') as answer`)).toBe('UTC');
    expect(await ask(other.url, `select lower('ÉÖ') || current_database() as answer`)).toBe(
      'éösfmc_tracking',
    );

    await other.leave();
  });

  it('requires the password, which only its owner can read', async () => {
    const postgres = await join();
    const withoutPassword = new URL(postgres.url);
    withoutPassword.password = 'guess';

    await expect(ask(withoutPassword.href, startedAt)).rejects.toThrow('password authentication failed');
    expect(fs.statSync(path.join(dataDir, 'postgres.password')).mode & 0o777).toBe(0o600);

    await postgres.leave();
  });

  it('shares one server between processes that start at the same moment', async () => {
    const all = await Promise.all([joinElsewhere(), joinElsewhere(), join()]);

    expect(new Set(all.map(({ url }) => url)).size).toBe(1);

    for (const one of all) await one.leave();
    expect(await embeddedPostgresUrl({ dataDir })).toBeUndefined();
  });

  it('uses the server that a killed process left running', async () => {
    const other = await joinElsewhere();
    const before = await ask(other.url, startedAt);
    other.child.kill('SIGKILL');
    await once(other.child, 'exit');

    const postgres = await join();

    expect(await ask(postgres.url, startedAt)).toBe(before);
    await postgres.leave();
    expect(await embeddedPostgresUrl({ dataDir })).toBeUndefined();
  });

  it('starts although the process id of a killed server now belongs to another program', async () => {
    const first = await joinEmbeddedPostgres({ dataDir });
    await ask(first.url, 'create table survives as select 1');
    const file = path.join(dataDir, 'postgres', 'postmaster.pid');
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    const { uid, gid } = fs.statSync(file);
    await killed(serverPid());
    await first.leave();
    const otherProgram = spawn('sleep', ['60'], {
      ...(process.getuid?.() === 0 ? { uid, gid } : {}),
      stdio: 'ignore',
    });
    children.add(otherProgram);
    fs.writeFileSync(file, [String(otherProgram.pid), ...lines.slice(1)].join('\n'));

    const second = await join();

    expect(await ask(second.url, 'select count(*) as answer from survives')).toBe('1');
    expect(otherProgram.exitCode).toBeNull();
    await second.leave();
  });

  it('takes over the lock of a process that died while it started', async () => {
    const dead = spawnSync(process.execPath, ['--eval', '0']).pid;
    fs.writeFileSync(path.join(dataDir, 'postgres.lock'), `${dead} left-over`);

    const postgres = await join();

    expect(await ask(postgres.url, 'select 1 as answer')).toBe('1');
    expect(fs.existsSync(path.join(dataDir, 'postgres.lock'))).toBe(false);
    await postgres.leave();
  });

  it('keeps running on Ctrl-C, which a terminal sends to all processes of the group', async () => {
    const other = await joinElsewhere();
    const before = await ask(other.url, startedAt);
    const { pid } = other.child;
    if (pid === undefined) throw new Error('the other process has no id');
    process.kill(-pid, 'SIGINT');

    expect(await ask(other.url, startedAt)).toBe(before);
    await other.leave();
  });
});

describe('leave', () => {
  it('keeps the server for processes that still use it and stops it after the last', async () => {
    const first = await join();
    const other = await joinElsewhere();

    await first.leave();
    expect(await ask(other.url, 'select 1 as answer')).toBe('1');

    await other.leave();
    expect(await embeddedPostgresUrl({ dataDir })).toBeUndefined();
  });

  it('may be called twice, and after another process stopped the server', async () => {
    const postgres = await join();
    await stopEmbeddedPostgres({ dataDir });

    await postgres.leave();
    await postgres.leave();

    expect(await embeddedPostgresUrl({ dataDir })).toBeUndefined();
  });
});

describe('keep and stop', () => {
  it('keeps the server for BI tools after the last process left, until it is stopped', async () => {
    const kept = await joinEmbeddedPostgres({ dataDir, isFast: true, keep: true });
    await kept.leave();
    const passing = await join();
    await passing.leave();

    const url = await embeddedPostgresUrl({ dataDir });
    expect(url).toBe(kept.url);
    expect(await ask(url ?? '', 'select 1 as answer')).toBe('1');

    expect(await stopEmbeddedPostgres({ dataDir })).toBe('stopped');
    expect(await stopEmbeddedPostgres({ dataDir })).toBe('not running');
    expect(await embeddedPostgresUrl({ dataDir })).toBeUndefined();
    await (await join()).leave();
    expect(await embeddedPostgresUrl({ dataDir })).toBeUndefined();
  });

  it('reports that nothing runs in a missing folder, and does not create it', async () => {
    const absent = path.join(folder, 'absent');

    expect(await stopEmbeddedPostgres({ dataDir: absent })).toBe('not running');
    expect(await embeddedPostgresUrl({ dataDir: absent })).toBeUndefined();
    expect(fs.existsSync(absent)).toBe(false);
  });
});

describe('port', () => {
  it('stays the same over restarts, and changes with a notice if another program uses it', async () => {
    const first = await join();
    await first.leave();
    const second = await join();
    await second.leave();
    const otherListener = net.createServer().listen(first.port, '127.0.0.1');
    await once(otherListener, 'listening');
    const notices: string[] = [];

    const third = await joinEmbeddedPostgres({
      dataDir,
      isFast: true,
      onNotice: (line) => notices.push(line),
    });

    expect(second.port).toBe(first.port);
    expect(third.port).not.toBe(first.port);
    expect(notices).toEqual([expect.stringContaining(`port ${first.port} is taken`)]);
    otherListener.close();
    await third.leave();
    const fourth = await join();
    expect(fourth.port).toBe(third.port);
    await fourth.leave();
  });
});

describe('refusal', () => {
  const advice: unknown = expect.stringMatching(/^DATA_DIR: .*DATABASE_URL.*$/);
  const oneLine = { code: 'CONFIG_INVALID', message: advice };

  it('names DATA_DIR if a part of the path is a file', async () => {
    const file = path.join(folder, 'file');
    fs.writeFileSync(file, '');

    await expect(joinEmbeddedPostgres({ dataDir: path.join(file, 'data') })).rejects.toMatchObject(oneLine);
    await expect(joinEmbeddedPostgres({ dataDir: file })).rejects.toMatchObject(oneLine);
  });

  it('names DATA_DIR if the server’s user cannot enter the folder, and uses no other folder', async () => {
    const closed = path.join(folder, 'closed');
    fs.mkdirSync(path.join(closed, 'data'), { recursive: true });
    fs.chmodSync(closed, process.getuid?.() === 0 ? 0o700 : 0o500);
    const inside = process.getuid?.() === 0 ? path.join(closed, 'data') : path.join(closed, 'new');

    await expect(joinEmbeddedPostgres({ dataDir: inside })).rejects.toMatchObject(oneLine);
    expect(fs.readdirSync(path.join(closed, 'data'))).toEqual([]);
  });

  it.each(['/proc/sfmc/data', '/sys/sfmc', '/dev/sfmc/data'])(
    'names DATA_DIR at once for %s, a file system of the kernel',
    async (pseudo) => {
      await expect(joinEmbeddedPostgres({ dataDir: pseudo })).rejects.toMatchObject(oneLine);
      expect(fs.existsSync(pseudo)).toBe(false);
    },
  );

  it('names DATA_DIR if other users can write the folder', async () => {
    const open = path.join(folder, 'open');
    fs.mkdirSync(open);
    fs.chmodSync(open, 0o777);
    await expect(joinEmbeddedPostgres({ dataDir: open })).rejects.toMatchObject(oneLine);
    expect(fs.readdirSync(open)).toEqual([]);
  });

  it('follows no link that stands where one of its files would be', async () => {
    const planted = path.join(folder, 'planted');
    const target = path.join(folder, 'target');
    fs.mkdirSync(planted, { mode: 0o755 });
    fs.writeFileSync(target, 'keep me');
    fs.symlinkSync(target, path.join(planted, 'postgres.port'));
    await expect(joinEmbeddedPostgres({ dataDir: planted })).rejects.toMatchObject(oneLine);
    expect(fs.readFileSync(target, 'utf8')).toBe('keep me');
  });

  it('names the log if the server does not start', async () => {
    await (await join()).leave();
    const settings = path.join(dataDir, 'postgres', 'postgresql.auto.conf');
    fs.appendFileSync(settings, 'no_such_setting = 1\n');

    const message: unknown = expect.stringMatching(
      /^the embedded Postgres did not start \(FATAL.*postgres\.log$/,
    );
    const log: unknown = expect.arrayContaining([expect.stringContaining('no_such_setting')]);

    await expect(join()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message, context: { log } });
    fs.truncateSync(settings);
  });
});
