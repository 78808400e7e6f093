import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { questions } from '../../../src/cli/demo/questions.ts';
import { settingNames } from '../../../src/config/settings.ts';
import { silentProgram as program } from '../../support/program/silent-program.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

const manifest: unknown = JSON.parse(textOf('package.json'));
const scripts = new Set(
  typeof manifest === 'object' &&
    manifest !== null &&
    'scripts' in manifest &&
    typeof manifest.scripts === 'object'
    ? Object.keys(manifest.scripts ?? {})
    : [],
);

/** Lines of the fenced examples that call this program, without comments, prompts and what follows a pipe. */
function callsIn(page: string): string[] {
  const fences = [...textOf(page).matchAll(/^ *```(?:sh|bash|text)?\n([^]*?)^ *```$/gmu)].map(
    ([, code]) => code ?? '',
  );
  return fences
    .flatMap((code) => code.replaceAll('\\\n', ' ').split('\n'))
    .map((line) =>
      line
        .trim()
        .replace(/^\$ /u, '')
        .replace(/ +#.*$/u, ''),
    )
    .flatMap((line) => {
      const [, call] = /^(?:npx )?(?:npm run --silent cli -- |sfmc-tracking )(.+)$/u.exec(line) ?? [];
      return call === undefined ? [] : [(call.split(/ [|>&]/u)[0] ?? call).trim()];
    });
}

/** These hand their options on to another program. */
const handingOn = new Set(['simulate']);

/** What of a call the program does not have. */
function unknownIn(call: string): string[] {
  const words = call.match(/"[^"]*"|'[^']*'|\S+/gu) ?? [];
  let command: Command = program;
  const unknown: string[] = [];
  for (const word of words) {
    const child = command.commands.find((one) => one.name() === word);
    if (child !== undefined) {
      command = child;
    } else if (command === program && !word.startsWith('-')) {
      unknown.push(word);
    } else if (word.startsWith('--') && !handingOn.has(command.name())) {
      const flag = word.split('=')[0] ?? word;
      const known = [...program.options, ...command.options].map(({ long }) => long);
      if (!known.includes(flag) && flag !== '--help') unknown.push(flag);
    }
  }
  return unknown;
}

describe.each(pages)('%s', (page) => {
  it('shows commands that the program has', () => {
    const wrong = callsIn(page).flatMap((call) => unknownIn(call).map((word) => `${call}: ${word}`));
    expect(wrong).toEqual([]);
  });

  it('shows npm scripts that there are', () => {
    const named = [...textOf(page).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/gu)].map(
      ([, name]) => name ?? '',
    );
    expect(named.filter((name) => !scripts.has(name))).toEqual([]);
  });

  it('shows images that there are', () => {
    const text = textOf(page);
    const images = [...text.matchAll(/!\[[^\]]*\]\(([^)]+)\)|(?:src|srcset)="([^"]+)"/gu)].map(
      ([, one, other]) => one ?? other ?? '',
    );
    expect(images.filter((file) => !existsSync(path.join(root, path.dirname(page), file)))).toEqual([]);
  });

  it('sets settings that there are', () => {
    const set = [...textOf(page).matchAll(/^ *([A-Z][A-Z_]{3,})=\S*/gmu)].map(([, name]) => name ?? '');
    const known = new Set<string>([...settingNames, ...settingNames.map((name) => `${name}_FILE`)]);
    const ours = set.filter((name) => /^(?:SFMC|SYNC|HTTP|LOG|DATABASE|DATA|EVENT|ALERT)_/u.test(name));
    expect(ours.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('the recorded demo', () => {
  const shown = textOf('docs/images/demo.svg')
    .replaceAll(/<[^>]*>/gu, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&');

  it.each(Object.values(questions))('asks as the demo of today: $title', ({ title, sql }) => {
    expect(shown).toContain(title);
    expect(sql.split('\n').filter((line) => !shown.includes(line))).toEqual([]);
  });

  it('has the form of the status of today', () => {
    const status = textOf('test/golden/terminal/status-120.txt');
    const titles = ['tasks open', 'parked', 'rejected', 'Last runs', 'Requests: '];
    expect(titles.filter((title) => !status.includes(title) || !shown.includes(title))).toEqual([]);
  });
});
