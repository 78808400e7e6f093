import { readFileSync } from 'node:fs';
import path from 'node:path';
import { home } from '../places.ts';

const folder = path.join(home, 'src', 'bi', 'rollups');

const files = new Map<string, string>();
const texts = new Map<string, string>();

/** A branch of a union that is needed for something: its first line names what, `-- if click`. */
const conditionalBranch = /^( *)union all\n\1-- if ([\w ]+)\n(?:\1(?!union all$)[^\n]*\n)*/gmu;

/**
 * The statement of a file of `rollups/`, named with its folder: `people/write-domains`.
 *
 * Of its unions it has the branches that are needed: each table that a statement names is planned, with all its months,
 * even where there is nothing to read.
 */
export function statement(name: string, needed: ReadonlySet<string> = new Set()): string {
  const key = [name, ...[...needed].sort()].join('\n');
  const text = texts.get(key) ?? fileOf(name).replaceAll(conditionalBranch, keepNeeded);
  texts.set(key, text);
  return text;

  function keepNeeded(branch: string, _indent: string, what: string): string {
    return needed.has(what) ? branch : '';
  }
}

function fileOf(name: string): string {
  const text = files.get(name) ?? readFileSync(path.join(folder, `${name}.sql`), 'utf8');
  files.set(name, text);
  return text;
}
