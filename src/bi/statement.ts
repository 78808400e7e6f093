import { readFileSync } from 'node:fs';
import path from 'node:path';
import { home } from '../places.ts';

const folder = path.join(home, 'src', 'bi', 'rollups');

const texts = new Map<string, string>();

/** The statement of a file of `rollups/`, named with its folder: `people/write-domains`. */
export function statement(name: string): string {
  const text = texts.get(name) ?? readFileSync(path.join(folder, `${name}.sql`), 'utf8');
  texts.set(name, text);
  return text;
}
