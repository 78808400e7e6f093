import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';

export interface DotEnv {
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Names whose unquoted value ends at a `#` that is most likely a part of it. */
  readonly cutNames: readonly string[];
}

/**
 * The `.env` of the working directory; empty where there is none.
 *
 * @throws where it cannot be read.
 */
export function readDotEnv(cwd: string): DotEnv {
  const file = path.join(cwd, '.env');
  try {
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/u, '');
    return { values: parseEnv(text), cutNames: [...text.matchAll(cutValue)].map(([, name]) => name ?? '') };
  } catch (error) {
    if (!existsSync(file)) return { values: {}, cutNames: [] };
    throw error;
  }
}

// A comment after a value has a blank before it; a `#` without one is a part of the value.
const cutValue = /^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(?:(?!["'`])[^\r\n#]*[^\s#])?#[^\s#]/gmu;
