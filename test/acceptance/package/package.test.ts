import { execFile, type ExecFileException } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
let folder: string;
let installed: string;
let stage: Stage;

interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<End> {
  const options = { cwd: folder, env: { PATH: process.env['PATH'], HOME: os.homedir(), ...env } };
  return new Promise((resolve) => {
    execFile(program, [...args], options, (error: ExecFileException | null, stdout, stderr) =>
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
        stdout,
        stderr,
      }),
    );
  });
}

const node = (args: readonly string[], env = {}) => run(process.execPath, args, env);

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sfmc-tracking-package-'));
  const packed = await run('npm', ['pack', root, '--silent']);
  expect(packed).toMatchObject({ code: 0 });
  // What npm would install, without the registry: the package itself beside the packages of the lockfile.
  const modules = path.join(folder, 'node_modules');
  installed = path.join(modules, 'sfmc-tracking');
  fs.mkdirSync(installed, { recursive: true });
  const tarball = path.join(folder, packed.stdout.trim());
  expect(await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'])).toMatchObject({
    code: 0,
  });
  for (const name of fs.readdirSync(path.join(root, 'node_modules')).filter((one) => !one.startsWith('.')))
    fs.symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
  stage = await openStage(worldOf([listSend(801, { counts: { sent: 20, open: 7 } })]));
});
afterAll(async () => {
  await stage.close();
  fs.rmSync(folder, { recursive: true });
});

const bin = () => path.join(installed, 'bin', 'sfmc-tracking.js');

describe('the packed package', () => {
  it('holds what runs, the documents of its help, licenses and an SBOM, and no tests', () => {
    const files = fs.readdirSync(installed, { recursive: true }).map(String);
    expect(files).toEqual(
      expect.arrayContaining(['README.md', 'docs/runbook.md', 'dist/licenses.md', 'dist/sbom.json']),
    );
    expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([]);
    expect(files.filter((file) => /(?:^|\/)(?:test|bench|scripts)\//u.test(file))).toEqual([]);
    const licenses = fs.readFileSync(path.join(installed, 'dist', 'licenses.md'), 'utf8');
    expect(licenses).toMatch(/^\| pg-boss \| [\d.]+ \| MIT \|$/mu);
    expect(licenses).not.toMatch(/\| (?:jest|see the package) \|/u);
    // Parts of the packages stand in the bundle, and their licenses want to be handed on.
    const licenseTexts = fs.readFileSync(path.join(installed, 'dist', 'license-texts.txt'), 'utf8');
    expect(licenseTexts).toMatch(/^undici\n\nMIT License$/mu);
    const sbom = fs.readFileSync(path.join(installed, 'dist', 'sbom.json'), 'utf8');
    expect(sbom).toContain('"bomFormat": "CycloneDX"');
  });

  it('says its version, runs a sync, and names its own command in hints', async () => {
    expect(await node([bin(), '--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n' });
    const sync = await node([bin(), 'sync'], stage.env);
    expect(sync).toMatchObject({ code: 0 });
    expect(sync.stdout).toMatch(/^sync 1 completed\n/u);
    expect((await node([bin(), 'tasks', '--help'])).stdout).not.toContain('npm run');
  });

  it('says in one line that an older Node is too old', async () => {
    const old = `Object.defineProperty(process.versions, 'node', { value: '20.19.0' }); await import(${JSON.stringify(bin())})`;
    const end = await node(['--input-type=module', '-e', old]);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toMatch(/^sfmc-tracking needs Node 22\.19 or later; .*\n$/u);
  });

  it('is a library: a sync, the report, and the parser on its own, with types', async () => {
    const settings = JSON.stringify(stage.env);
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    fs.writeFileSync(
      path.join(folder, 'embed.ts'),
      `import { migrate, parseRetrieve, readStatus, runSync, type RunSummary, type StatusReport } from 'sfmc-tracking';
const settings: Record<string, string> = ${settings};
await migrate(settings);
const summary: RunSummary = await runSync(settings, { eventTypes: ['open'], jobIds: [801] });
const report: StatusReport = await readStatus(settings);
async function* body() {
  yield Buffer.from('<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><RetrieveResponseMsg xmlns="http://exacttarget.com/wsdl/partnerAPI"><OverallStatus>OK</OverallStatus><RequestID>r-1</RequestID><Results><SendID>801</SendID><SubscriberKey>anna</SubscriberKey></Results></RetrieveResponseMsg></soap:Body></soap:Envelope>');
}
const page = await parseRetrieve(body(), ['SendID', 'SubscriberKey']);
console.log(JSON.stringify([summary.outcome, report.completeness.holes, page]));
`,
    );
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022'];
    // Without the types of browsers, which a service does not have.
    expect(await node([tsc, ...flags, '--lib', 'es2022', '--types', 'node', 'embed.ts'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    const end = await node(['embed.ts']);
    expect(JSON.parse(end.stdout === '' ? `"${end.stderr}"` : end.stdout)).toEqual([
      'completed',
      0,
      { overallStatus: 'OK', requestId: 'r-1', records: [['801', 'anna']], unreadable: 0 },
    ]);
  });
});
