import { main } from './main.ts';
import { listenToSignals } from './ending/signals.ts';
import { terminalOf } from './terminal/terminal.ts';

// After its command has ended, the process waits this long for open handles before it exits.
const lingerMs = 5000;

for (const stream of [process.stdout, process.stderr]) {
  // A reader that closes the pipe early (`| head -1`) is no error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await main(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdout: terminalOf(process.stdout, process.env),
  stderr: terminalOf(process.stderr, process.env),
  signals: listenToSignals(),
  now: () => new Date(),
});
setTimeout(() => process.exit(), lingerMs).unref();
