import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { declarationFor, settingKeys } from '../../../src/config/settings.ts';
import { runCli } from '../../support/program/cli.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const folder = path.join(root, 'deploy', 'kubernetes');
const settingNames = new Set(settingKeys.map(declarationFor).flatMap(({ name }) => [name, `${name}_FILE`]));

interface Manifest {
  readonly file: string;
  readonly kind: string;
  readonly data: unknown;
}

/** Read as Kubernetes does: YAML 1.1, in which 0440 is octal. */
const manifests: readonly Manifest[] = readdirSync(folder).flatMap((file) =>
  parseAllDocuments(readFileSync(path.join(folder, file), 'utf8'), { version: '1.1' }).map((document) => {
    expect(document.errors).toEqual([]);
    const data: unknown = document.toJS();
    return { file, kind: String(document.get('kind')), data };
  }),
);

/** The published schema of a kind, and the module that has its type. */
const schemas: Readonly<Record<string, { readonly from: string; readonly is: (data: unknown) => boolean }>> =
  {
    ConfigMap: { from: 'v1', is: ConfigMap.is },
    Deployment: { from: 'apps/v1', is: Deployment.is },
    Job: { from: 'batch/v1', is: Job.is },
    Secret: { from: 'v1', is: Secret.is },
    Service: { from: 'v1', is: Service.is },
  };

const workloads = manifests.flatMap(({ file, data }) => {
  if (Deployment.is(data)) return [{ file, pod: data.spec?.template.spec, replicas: data.spec?.replicas }];
  return Job.is(data) ? [{ file, pod: data.spec?.template.spec, replicas: undefined }] : [];
});

function podOf(file: string): IPodSpec {
  const pod = workloads.find((workload) => workload.file === file)?.pod;
  if (pod === undefined) throw new Error(`${file} has no pod`);
  return pod;
}

function containerOf(file: string): IContainer {
  const [container, ...others] = podOf(file).containers;
  expect(others).toEqual([]);
  if (container === undefined) throw new Error(`${file} has no container`);
  return container;
}

/** What the compiler says of the manifests as literals of the published types: these know every field. */
function misspeltFields(): string[] {
  const name = path.join(root, 'test', 'contract', 'manifests-as-literals.ts');
  const source = manifests
    .map(({ kind, data }, at) => {
      const type = `import('kubernetes-models/${schemas[kind]?.from ?? ''}/${kind}').I${kind}`;
      return `export const manifest${at}: ${type} = ${JSON.stringify(data)};`;
    })
    .join('\n');
  const options = {
    module: ts.ModuleKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (file, ...more) =>
    file === name ? ts.createSourceFile(file, source, ts.ScriptTarget.ES2022) : read(file, ...more);
  const exists = host.fileExists.bind(host);
  host.fileExists = (file) => file === name || exists(file);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([name], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

describe('deploy/kubernetes', () => {
  it('has one serve, workers, the migration as a job, and what they read', () => {
    expect(manifests.map(({ file, kind }) => `${file} ${kind}`)).toEqual([
      'migrate.yaml Job',
      'serve.yaml Deployment',
      'serve.yaml Service',
      'settings.yaml ConfigMap',
      'settings.yaml Secret',
      'worker.yaml Deployment',
    ]);
    expect(workloads.map(({ replicas }) => replicas)).toEqual([undefined, 1, 2]);
  });

  it('follows the published schemas, and names no field that they do not know', () => {
    for (const { file, kind, data } of manifests)
      expect({ file, kind, isValid: schemas[kind]?.is(data) }).toEqual({ file, kind, isValid: true });
    for (const { data } of manifests) validate(data);
    expect(misspeltFields()).toEqual([]);
  });
});

function validate(data: unknown): void {
  if (Deployment.is(data)) new Deployment(data).validate();
  else if (Job.is(data)) new Job(data).validate();
  else if (Service.is(data)) new Service(data).validate();
  else if (ConfigMap.is(data)) new ConfigMap(data).validate();
  else if (Secret.is(data)) new Secret(data).validate();
}

describe.each(workloads.map(({ file }) => file))('deploy/kubernetes/%s', (file) => {
  it('runs a command that there is, as a user who is not root, with a file system that is read-only', async () => {
    const { args = [], securityContext } = containerOf(file);
    const { code, stderr } = await runCli([...args, '--help'], {});
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    expect(podOf(file).securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('names settings that there are, and gets secrets as files that are mounted', () => {
    const { env = [], envFrom = [], volumeMounts = [] } = containerOf(file);
    const settings = manifests.find(({ kind }) => kind === 'ConfigMap')?.data;
    const fromMap = envFrom.length > 0 && ConfigMap.is(settings) ? Object.keys(settings.data ?? {}) : [];
    for (const name of [...env.map((one) => one.name), ...fromMap]) expect(settingNames).toContain(name);
    const secret = manifests.find(({ kind }) => kind === 'Secret')?.data;
    const keys = Secret.is(secret) ? Object.keys(secret.stringData ?? {}) : [];
    const [mount] = volumeMounts;
    const files = env.filter(({ name }) => name.endsWith('_FILE')).map(({ value }) => value);
    expect(files.length).toBeGreaterThan(0);
    for (const one of files) expect(keys.map((key) => `${mount?.mountPath ?? ''}/${key}`)).toContain(one);
  });
});

describe.each(['serve.yaml', 'worker.yaml'])('deploy/kubernetes/%s', (file) => {
  it('is probed at paths that the status page has, and has longer for its end than a drain takes', () => {
    const { startupProbe, livenessProbe, readinessProbe } = containerOf(file);
    const probes = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet?.path);
    expect(probes).toEqual(['/healthz', '/healthz', '/readyz']);
    const shutdownSeconds = Number(declarationFor('shutdownMs').default);
    expect(podOf(file).terminationGracePeriodSeconds).toBeGreaterThan(shutdownSeconds);
  });

  it('gets none of the variables that Kubernetes makes of Services: they look like our settings', () => {
    expect(podOf(file).enableServiceLinks).toBe(false);
  });
});
