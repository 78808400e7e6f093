import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { settingNames } from '../../../src/config/settings.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8');

describe.each(pages)('%s', (page) => {
  const text = textOf(page);
  const prose = text.replaceAll(/^```[^]*?^```$/gmu, '');

  it('links files and headings that exist', () => {
    const links = [...prose.matchAll(/\]\((?!https?:)([^)\s]+)\)/gu)].map(([, link]) => link ?? '');
    expect(links.filter((link) => !isLinkAlive(page, link))).toEqual([]);
  });

  it('names files of the repository that exist', () => {
    const named = [
      ...prose.matchAll(/`((?:src|simulator|test|scripts|docs|migrations|bench)\/[\w./*-]+)`/gu),
    ];
    const files = named.map(([, file]) => file ?? '').filter((file) => !file.includes('*'));
    expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  it('names settings that there are', () => {
    // A changelog also names what was removed.
    if (page === 'CHANGELOG.md') return;
    const named = [
      ...text.matchAll(/\b(?:SFMC|SYNC|HTTP|LOG|RETRY|STATUS|GATE|JOB|SUBSCRIBER|ALERT)_[A-Z_]+\b/gu),
    ];
    const known = new Set<string>([...settingNames, ...settingNames.map((name) => `${name}_FILE`)]);
    const codes = textOf('src/errors.ts');
    const unknown = named.map(([name]) => name).filter((name) => !known.has(name) && !codes.includes(name));
    expect(unknown.filter((name) => !name.endsWith('_'))).toEqual([]);
  });
});

describe('docs/decisions', () => {
  const decisions = readdirSync(path.join(root, 'docs/decisions')).filter((file) => /^\d{4}-/u.test(file));

  it('have a number each, and are listed', () => {
    const index = textOf('docs/decisions/README.md');
    expect(new Set(decisions.map((file) => Number(file.slice(0, 4)))).size).toBe(decisions.length);
    expect(decisions.filter((file) => !index.includes(`(${file})`))).toEqual([]);
  });

  it.each(decisions)('%s says context, decision, and what was given up', (file) => {
    const headings = [...textOf(`docs/decisions/${file}`).matchAll(/^## (.+)$/gmu)].map(([, text]) => text);
    expect(headings).toEqual(['Context', 'Decision', 'What we gave up']);
  });

  it('argue for every runtime dependency', () => {
    const text = textOf('docs/decisions/0001-runtime-dependencies.md');
    const silent = runtimeDependencies().filter((name) => !text.includes(`| \`${name}\` |`));
    expect(silent).toEqual([]);
  });
});

describe('CONTRIBUTING.md', () => {
  it('has one line for every npm script, and none besides', () => {
    const table = /^## Scripts$([^]*?)^One test file/mu.exec(textOf('CONTRIBUTING.md'))?.[1] ?? '';
    const listed = [...table.matchAll(/^\| `([^`]+)` \|/gmu)].map(([, name]) => name).slice(1);
    expect(listed.toSorted()).toEqual(Object.keys(packageFields('scripts')).toSorted());
  });
});

describe('docs/marketing-cloud.md', () => {
  it('marks every fact with where it comes from', () => {
    const rows = [
      ...textOf('docs/marketing-cloud.md').matchAll(/^\| (?!fact|---)(.+?) \| (.+?) \| .+ \|$/gmu),
    ];
    const marks = /^(documented|recorded|reported|assumed)(, recorded|: .+)?$/u;
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter(([, , mark]) => !marks.test(mark ?? '')).map(([row]) => row)).toEqual([]);
  });
});

function isLinkAlive(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(path.join(root, target))) return false;
  return anchor === undefined || headingsOf(target).includes(anchor);
}

/** Headings as GitHub makes anchors of them. */
function headingsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function packageFields(field: string): Record<string, unknown> {
  const manifest: unknown = JSON.parse(textOf('package.json'));
  const fields = typeof manifest === 'object' && manifest !== null ? Object.entries(manifest) : [];
  const value: unknown = fields.find(([name]) => name === field)?.[1];
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function runtimeDependencies(): string[] {
  return Object.keys(packageFields('dependencies'));
}
