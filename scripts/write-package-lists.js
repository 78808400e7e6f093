// Writes into dist/ what the package has and installs besides ours: licences as a table and in full, and an SBOM (CycloneDX) by npm.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = process.argv[2] ?? path.join(root, 'dist');
const { packages } = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8'));

const installed = Object.entries(packages).filter(([folder, { dev }]) => folder !== '' && !dev);
const rows = installed.map(([folder, { version, license }]) => {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  return `| ${name} | ${version} | ${license ?? olderLicense(folder) ?? 'see the package'} |`;
});
const table = ['| package | version | license |', '| --- | --- | --- |', ...[...new Set(rows)].sort()];
fs.writeFileSync(
  path.join(target, 'licenses.md'),
  `# Licenses of the packages that are installed\n\n${table.join('\n')}\n`,
);

/** What a package says in the older form, a list of objects, which the lockfile does not repeat. */
function olderLicense(folder) {
  const file = path.join(root, folder, 'package.json');
  if (!fs.existsSync(file)) return undefined;
  const { licenses } = JSON.parse(fs.readFileSync(file, 'utf8'));
  return Array.isArray(licenses) ? licenses.map(({ type }) => type).join(' OR ') : undefined;
}

/** The files with the license's text: parts of these packages stand in our files. */
function licenseTextsOf(folder) {
  const directory = path.join(root, folder);
  if (!fs.existsSync(directory)) return [];
  const files = fs.readdirSync(directory).filter((file) => /^(licen[cs]e|copying|notice)\b/iu.test(file));
  return files.map((file) => fs.readFileSync(path.join(directory, file), 'utf8').trim());
}

const texts = installed.flatMap(([folder]) =>
  licenseTextsOf(folder).map((text) => `${folder.replace(/^node_modules\//u, '')}\n\n${text}\n`),
);
fs.writeFileSync(path.join(target, 'license-texts.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`));

const npm = spawnSync('npm', ['sbom', '--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  shell: process.platform === 'win32',
});
if (npm.status !== 0) throw new Error(`npm sbom failed: ${npm.stderr}`);
fs.writeFileSync(path.join(target, 'sbom.json'), npm.stdout);
