import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const source = path.join(import.meta.dirname, '..', '..', 'scripts');
let checkout: string;
let npmCli: string;
let npmLog: string;

/** A checkout with one package for the program and one for tests, and an npm that installs both without a network. */
beforeEach(() => {
  checkout = fs.mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-bootstrap-test-'));
  npmCli = path.join(checkout, 'npm', 'npm-cli.js');
  npmLog = path.join(checkout, 'npm', 'log');
  fs.cpSync(path.join(source, 'bootstrap.js'), path.join(checkout, 'scripts', 'bootstrap.js'));
  fs.cpSync(path.join(source, 'bootstrap'), path.join(checkout, 'scripts', 'bootstrap'), { recursive: true });
  write('package.json', '{ "type": "module" }');
  write('.node-version', process.versions.node);
  write('say.js', 'console.log(process.execPath, process.argv.slice(2).join(" "));');
  lock('1.0.0');
  write('npm/package.json', '{ "type": "commonjs" }');
  write('npm/npm-cli.js', fakeNpm);
});
afterEach(() => fs.rmSync(checkout, { recursive: true }));

function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(checkout, file)), { recursive: true });
  fs.writeFileSync(path.join(checkout, file), text);
}

/** The lockfile: `used` for the program, `tested` for tests, `other` for another platform. */
function lock(version: string): void {
  const packages = {
    '': {},
    'node_modules/used': { version, integrity: 'a' },
    'node_modules/tested': { version, integrity: 'b', dev: true },
    'node_modules/other': { version, integrity: 'c', optional: true, os: ['none'], cpu: ['none'] },
  };
  write('package-lock.json', JSON.stringify({ packages }));
}

/** Installs what the lockfile names, and a Node that is this one under another name; logs its arguments. */
const fakeNpm = `
const fs = require('node:fs');
const path = require('node:path');
const args = process.argv.slice(2);
fs.appendFileSync(process.env.NPM_LOG, args.join(' ') + '\\n');
if (process.env.NPM_FAILS || (process.env.NPM_CACHE_IS_OLD && args.includes('--prefer-offline'))) {
  console.error('npm error: no such registry');
  process.exit(1);
}
if (args[0] === 'ci') {
  fs.rmSync('node_modules', { recursive: true, force: true });
  const { packages } = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'));
  const installed = Object.entries(packages).filter(
    ([folder, { dev, optional }]) => folder !== '' && !optional && !(dev && args.includes('--omit=dev')),
  );
  for (const [folder] of installed) {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), '{}');
  }
  fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: Object.fromEntries(installed) }));
} else {
  const [name] = args.at(args.findIndex((arg) => /^node(-bin)?-/u.test(arg))).split('@');
  const bin = path.join(args[args.indexOf('--prefix') + 1], 'node_modules', name, 'bin');
  fs.mkdirSync(bin, { recursive: true });
  fs.symlinkSync(process.execPath, path.join(bin, process.platform === 'win32' ? 'node.exe' : 'node'));
}
`;

interface End {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

async function bootstrap(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<End> {
  const child = spawn(process.execPath, [path.join(checkout, 'scripts', 'bootstrap.js'), ...args], {
    cwd: checkout,
    env: { PATH: process.env['PATH'], npm_execpath: npmCli, NPM_LOG: npmLog, ...env },
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const code = await once(child, 'close').then(([exitCode]: unknown[]) => exitCode);
  return { code, ...texts };
}

/** The first word and the dev flag of each call of npm. */
function npmCalls(): string[] {
  if (!fs.existsSync(npmLog)) return [];
  const lines = fs.readFileSync(npmLog, 'utf8').trim().split('\n');
  return lines.map((line) =>
    line
      .split(' ')
      .filter((word) => /^(ci|install|.*dev)$/u.test(word))
      .join(' '),
  );
}

const installed = () =>
  fs.readdirSync(path.join(checkout, 'node_modules')).filter((name) => !name.startsWith('.'));

describe('the first npm script in a fresh clone', () => {
  it('installs only what the program needs, says so, and runs the file', async () => {
    const { code, stdout, stderr } = await bootstrap(['--runtime', 'say.js', 'one', '--two']);
    expect(code).toBe(0);
    expect(stdout).toBe(`${process.execPath} one --two\n`);
    expect(stderr).toMatch(
      /^installing once: 0 of 1 packages, 0 s\n[^]*installing once: 1 of 1 packages, \d+ s\n$/u,
    );
    expect(npmCalls()).toEqual(['ci --omit=dev']);
    expect(installed()).toEqual(['used']);
  });

  it('installs everything for tests', async () => {
    expect((await bootstrap([])).code).toBe(0);
    expect(npmCalls()).toEqual(['ci --include=dev']);
    expect(installed()).toEqual(['tested', 'used']);
  });

  it('installs once when two scripts start at the same time', async () => {
    const ends = await Promise.all([bootstrap(['--runtime', 'say.js']), bootstrap(['--runtime', 'say.js'])]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(npmCalls()).toEqual(['ci --omit=dev']);
  });

  it('asks the registry where the cache of npm knows too little', async () => {
    const { code } = await bootstrap(['say.js'], { NPM_CACHE_IS_OLD: '1' });
    expect(code).toBe(0);
    expect(npmCalls()).toEqual(['ci --include=dev', 'ci --include=dev']);
    expect(installed()).toEqual(['tested', 'used']);
  });

  it('ends with the message of npm when that fails', async () => {
    const { code, stdout, stderr } = await bootstrap(['--runtime', 'say.js'], { NPM_FAILS: 'yes' });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('npm error: no such registry');
    expect(stderr).toMatch(/`npm ci` did not succeed[^\n]*\n$/u);
  });
});

describe('a later npm script', () => {
  it('installs nothing and says nothing', async () => {
    await bootstrap(['--runtime']);
    const { stdout, stderr } = await bootstrap(['--runtime', 'say.js'], { NPM_FAILS: 'yes' });
    expect({ stdout, stderr }).toEqual({ stdout: `${process.execPath} \n`, stderr: '' });
    expect(npmCalls()).toHaveLength(1);
  });

  it('adds the packages for tests when they are needed, and keeps them after that', async () => {
    await bootstrap(['--runtime']);
    await bootstrap([]);
    await bootstrap(['--runtime']);
    expect(npmCalls()).toEqual(['ci --omit=dev', 'ci --include=dev']);
    lock('2.0.0');
    await bootstrap(['--runtime']);
    expect(npmCalls().at(-1)).toBe('ci --include=dev');
  });

  it.each([
    ['the lockfile names another version', () => lock('1.0.1')],
    [
      'a package is missing',
      () => fs.rmSync(path.join(checkout, 'node_modules', 'used'), { recursive: true }),
    ],
    ['node_modules is gone', () => fs.rmSync(path.join(checkout, 'node_modules'), { recursive: true })],
  ])('installs again when %s', async (_, change) => {
    await bootstrap(['--runtime']);
    change();
    // Packages are compared where the stamp is gone; a new lockfile makes the stamp void.
    fs.rmSync(path.join(checkout, 'node_modules', '.bootstrap-stamp'), { force: true });
    await bootstrap(['--runtime']);
    expect(npmCalls()).toEqual(['ci --omit=dev', 'ci --omit=dev']);
    expect(installed()).toEqual(['used']);
  });

  it('installs nothing where `npm ci` was run by hand', async () => {
    await bootstrap([]);
    fs.rmSync(path.join(checkout, 'node_modules', '.bootstrap-stamp'));
    expect(await bootstrap([])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(npmCalls()).toHaveLength(1);
  });
});

describe('a Node of the checkout’s own', () => {
  it('is fetched beside node_modules where the machine has another major version, and runs the file', async () => {
    write('.node-version', '99.0.0');
    const { code, stdout, stderr } = await bootstrap(['--runtime', 'say.js']);
    expect(code).toBe(0);
    expect(stderr).toContain('installing once: 0 of 1 packages, Node 99.0.0, 0 s');
    expect(npmCalls()).toEqual(expect.arrayContaining(['ci --omit=dev', 'install']));
    // The fake one is a link to this process's Node.
    expect(stdout).toBe(`${process.execPath} \n`);
    expect(fs.readdirSync(path.join(checkout, '.node'))).toEqual(['99.0.0']);
    fs.rmSync(path.join(checkout, 'node_modules'), { recursive: true });
    await bootstrap(['--runtime']);
    expect(npmCalls().filter((call) => call === 'install')).toHaveLength(1);
  });

  it('is done without where it cannot be fetched and the machine’s is new enough', async () => {
    await bootstrap(['--runtime']);
    write('.node-version', '99.0.0');
    fs.rmSync(path.join(checkout, 'node_modules', '.bootstrap-stamp'));
    const { code, stdout } = await bootstrap(['--runtime', 'say.js'], { NPM_FAILS: 'yes' });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${process.execPath} \n` });
    expect(fs.readdirSync(path.join(checkout, '.node'))).toEqual([]);
  });
});
