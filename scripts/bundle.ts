// Writes the program as the package ships it: few files of JavaScript, in which our modules and the packages they use are
// joined, so that a short command reads forty files instead of three hundred. Not minified: a stack names our functions.
//   node scripts/bundle.ts [FOLDER]   `dist` where none is named
import fs from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'rolldown';

// The bundler's allocator takes memory in pages of 2 MB where it may, and to clear them took a third of its CPU time. It
// reads this when it is loaded.
process.env['MIMALLOC_ALLOW_THP'] ??= '0';
const { rolldown } = await import('rolldown');

const root = path.join(import.meta.dirname, '..');
const target = path.resolve(process.argv[2] ?? path.join(root, 'dist'));

/**
 * Stays a package of its own: it looks for its files beside itself. The others are what knex and pg could use and
 * we do not install.
 */
const outside = [
  ...[
    'ssh2',
    'pg-native',
    'pg-query-stream',
    'better-sqlite3',
    'sqlite3',
    'mysql',
    'mysql2',
    'oracledb',
    'tedious',
  ],
  /^mariadb/u,
  /^node:/u,
];

/** What is started or imported by name. All files of `src/` lie directly in `src`, which `src/places.ts` relies on. */
function entries(): Record<string, string> {
  const migrations = fs.readdirSync(path.join(root, 'migrations')).filter((file) => file.endsWith('.ts'));
  return {
    'src/command-line': 'src/cli/command-line.ts',
    'src/embed': 'src/cli/embed.ts',
    'simulator/main': 'simulator/main.ts',
    ...Object.fromEntries(
      migrations.map((file) => [`migrations/${path.parse(file).name}`, `migrations/${file}`]),
    ),
  };
}

/**
 * Modules of Node are fetched, not imported: an import evaluates every property that they export, which loads more of
 * Node than we use (its WebSocket with http, its locks with process).
 */
const fetchedModules: Plugin = {
  name: 'fetched-modules',
  renderChunk: (code) => ({
    code: code.replaceAll(
      /^import (?:\* as )?([\w$]+)?(?:, )?(\{[^}]*\})? from "(node:[\w/]+)";$/gmu,
      fetchModule,
    ),
    map: null,
  }),
};

function fetchModule(
  _import: string,
  whole: string | undefined,
  named: string | undefined,
  id: string,
): string {
  const fetched = `globalThis.process.getBuiltinModule("${id}")`;
  const names = [whole, named?.replaceAll(' as ', ': ')].filter((name) => name !== undefined);
  return names.map((name) => `const ${name} = ${fetched};`).join(' ');
}

/**
 * Of undici its connections alone: its entry point loads fetch, WebSockets, caches and mocks too, which takes a twentieth of
 * the time of a small sync. A name that is not here fails the build.
 */
const connectionsOfUndici: Plugin = {
  name: 'connections-of-undici',
  resolveId: (id) => (id === 'undici' ? connections : null),
  load: (id) =>
    id === connections
      ? `export { default as Agent } from "undici/lib/dispatcher/agent.js";
         export { default as EnvHttpProxyAgent } from "undici/lib/dispatcher/env-http-proxy-agent.js";`
      : null,
};

const connections = path.join(root, 'connections-of-undici.js');

/** date-fns-tz formats a date when it is loaded, to see what an old browser can do; Node can. That loads half of ICU. */
const withoutTrial: Plugin = {
  name: 'without-trial',
  transform: (code, id) => {
    if (!id.includes('tzTokenizeDate')) return null;
    const trial =
      /new Intl\.DateTimeFormat\('en-US', \{[^}]*\}\)\.format\(new Date\('2014-06-25T04:00:00\.123Z'\)\)/u;
    if (!trial.test(code))
      throw new Error(`${id}: date-fns-tz tries its formats in another way: see withoutTrial`);
    return { code: code.replace(trial, "'06/25/2014, 00:00:00'"), map: null };
  },
};

/** What is read from the disk, SQL above all. */
function copyAssets(): void {
  const files = fs.readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true });
  for (const file of files.filter((one) => one.isFile() && !one.name.endsWith('.ts'))) {
    const from = path.join(file.parentPath, file.name);
    fs.cpSync(from, path.join(target, path.relative(root, from)));
  }
}

const build = await rolldown({
  cwd: root,
  platform: 'node',
  input: entries(),
  external: outside,
  plugins: [connectionsOfUndici, withoutTrial, fetchedModules],
  // A module that is loaded on demand in one place and at once in another is no mistake.
  checks: { ineffectiveDynamicImport: false },
});
await build.write({
  dir: target,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'src/[name]-[hash].js',
});
await build.close();
copyAssets();
