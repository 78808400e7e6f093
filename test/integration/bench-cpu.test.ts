import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { cpuSecondsOf, cpuSecondsOfFamily, parentOf } from '../../bench/cpu/cpu-seconds.ts';

// Uses half a second of CPU, says so, and ends when its input does.
const busy = `
const from = process.cpuUsage();
for (;;) { const { user, system } = process.cpuUsage(from); if (user + system >= 5e5) break; }
console.log('used');
process.stdin.resume();`;
const hasProc = fs.existsSync('/proc/self/stat');

it('the CPU of a child counts for it while it runs, and for the family when it has ended', async () => {
  const family = cpuSecondsOfFamily(process.pid);
  const child = spawn(process.execPath, ['-e', busy], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const own = cpuSecondsOf(child.pid);
  const parent = parentOf(child.pid ?? NaN);
  child.stdin.end();
  await once(child, 'exit');
  const spent = cpuSecondsOfFamily(process.pid) - family;
  // Elsewhere the figures are left out.
  expect({ own: own >= 0.5, spent: spent >= 0.5, parent }).toEqual(
    hasProc
      ? { own: true, spent: true, parent: process.pid }
      : { own: false, spent: false, parent: undefined },
  );
});

it('a process that is not there has no figure', () => {
  expect(cpuSecondsOf(undefined)).toBeNaN();
  expect(cpuSecondsOfFamily(undefined)).toBeNaN();
});
