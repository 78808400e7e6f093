#!/usr/bin/env -S node --max-semi-space-size=8 --max-old-space-size=256
// The command of the installed package. An older Node gets one line instead of a syntax error from deep inside.
const needed = [22, 19];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > needed[0] || (major === needed[0] && minor >= needed[1])) {
  import('../dist/src/cli/main.js');
} else {
  console.error(
    `sfmc-tracking needs Node ${needed.join('.')} or later; this is ${process.version}: install it from https://nodejs.org`,
  );
  process.exitCode = 2;
}
