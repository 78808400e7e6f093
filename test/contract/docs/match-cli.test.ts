import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { silentProgram as program } from '../../support/program/silent-program.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(path.join(root, 'docs', 'commands.md'), 'utf8');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

function commandsOf(command: Command, parents: string[] = []): { name: string; flags: string[] }[] {
  return command.commands.flatMap((child) => {
    const names = [...parents, child.name()];
    const flags = child.options.map(({ long }) => long ?? '');
    return [{ name: names.join(' '), flags }, ...commandsOf(child, names)];
  });
}

const commands = commandsOf(program);
// These alone print their help: their actions are the documented ones.
const groups = new Set(['alerts', 'database', 'rollups']);
const documented = commands.filter(({ name }) => !groups.has(name));

describe('docs/commands.md', () => {
  it.each(documented)('lists $name with each of its options', ({ name, flags }) => {
    const line =
      page.split('\n').find((text) => text.startsWith(`| \`${name} `) || text.startsWith(`| \`${name}\``)) ??
      '';
    // What a command does may name options too: only its form counts.
    const form = line.split('`')[1] ?? '';
    expect({
      name,
      flags: [...form.matchAll(/--[a-z-]+/gu)].map(String).filter((flag) => flag !== '--help'),
    }).toEqual({
      name,
      flags: flags.toSorted((a, b) => form.indexOf(a) - form.indexOf(b)),
    });
  });

  it('names no command that the program does not have', () => {
    const names = [...page.matchAll(/^\| `([a-z]+(?: [a-z]+)*)/gmu)].map(([, name]) => name);
    expect(names).toEqual(documented.map(({ name }) => name));
  });
});

describe('README.md', () => {
  it('calls no command that the program does not have', () => {
    const called = [...readme.matchAll(/(?:cli -- |sfmc-tracking )([a-z]+)\b/gu)].map(
      ([, name]) => name ?? '',
    );
    const known = new Set(commands.map(({ name }) => name.split(' ')[0]));
    const fenced = called.filter((name) =>
      new RegExp(`(?:cli -- |^\\$? ?sfmc-tracking )${name}\\b`, 'mu').test(readme),
    );
    expect(fenced.filter((name) => !known.has(name))).toEqual([]);
  });
});
