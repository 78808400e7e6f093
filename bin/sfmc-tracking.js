#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=4 --max-old-space-size=256 --single-threaded-gc
// The command, of the installed package as of a checkout. Plain JavaScript: an older Node gets one line instead of a
// syntax error from deep inside, and the cache is on before the first file of TypeScript is read.
import fs from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

// The first line has no room for them: Linux before 5.1 reads 127 bytes of it. Marking in steps takes as long as other
// processes let it, and meanwhile pages become garbage.
v8.setFlagsFromString('--heap-growing-percent=50');
v8.setFlagsFromString('--no-incremental-marking');

const needed = [22, 19];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > needed[0] || (major === needed[0] && minor >= needed[1])) {
  // Compiling, and in a checkout stripping types, takes more than half the time of a short command. Where the folder
  // is not writable, there is no cache.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/sfmc-tracking', import.meta.url)));
  const source = new URL('../src/cli/command-line.ts', import.meta.url);
  await import(fs.existsSync(source) ? source.href : '../dist/src/command-line.js');
} else {
  console.error(
    `sfmc-tracking needs Node ${needed.join('.')} or later; this is ${process.version}: install it from https://nodejs.org`,
  );
  process.exitCode = 2;
}
